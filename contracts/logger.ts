/** One log line's level. */
export type LogLevel = "INFO" | "WARN" | "ERROR";

/** Writes one line a call; `attributes` are facts, never secrets. */
export type Logger = (
  level: LogLevel,
  message: string,
  attributes?: Record<string, unknown>,
) => void;

/**
 * A logger of JSON lines in the original's shape: `time`, `level`, `msg`, then the attributes.
 * Errors among them become their message.
 *
 * @param now Unix time in milliseconds
 * @param write takes one line without its line end
 */
export function jsonLogger(now: () => number, write: (line: string) => void): Logger {
  return (level, msg, attributes = {}) => {
    const line = { time: new Date(now()).toISOString(), level, msg, ...attributes };
    write(JSON.stringify(line, (_key, value) => value instanceof Error ? value.message : value));
  };
}
