import type { Figures } from "./scale.ts";

/** The figures as Markdown: what each phase took, then what was asked of the API server. */
export function table({ runs, phases, memory, requestsPerRun }: Figures): string {
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  const mib = (value: number) => `${Math.round(value)} MiB`;
  const asked = phases.flatMap(({ name, requestsPerRun }) =>
    Object.entries(requestsPerRun).map(([what, count]) => [name, what, count.toFixed(2)])
  );
  return [
    ...rows(["StoryRuns at once: " + runs, "took", "after the last request", "CPU"], [
      ...phases.map(({ name, seconds: all, secondsBehind, cpuSeconds }) => [
        name,
        seconds(all),
        seconds(secondsBehind),
        seconds(cpuSeconds),
      ]),
    ]),
    "",
    `Resident memory: ${mib(memory.idle)} before, ${mib(memory.peak)} at most, ` +
    `${mib(memory.after)} after.`,
    "",
    ...rows(["phase", "request", "a run"], [...asked, ["all", "", requestsPerRun.toFixed(2)]]),
    "",
  ].join("\n");
}

function rows(head: readonly string[], body: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line)];
}
