import { composeName } from "../../contracts/transport/compose_name.ts";

/** A composed name is cut and hashed above 63 characters: so many of its first ones are kept. */
const KEPT = 50;

/**
 * Whether an endpoint is named as the Service of a step of this run, `<run>-<step>.<namespace>.…`.
 * The webhook gives a connector its peer's address where it would give the hub's, and says nothing
 * else of which it is.
 */
export function isStepOf(endpoint: string, namespace: string, storyRun: string): boolean {
  const [service = "", space] = endpoint.toLowerCase().replace(/:\d+$/, "").split(".");
  const run = `${composeName(storyRun)}-`.slice(0, KEPT - 1);
  return space === namespace && service.startsWith(run) && service.length > run.length;
}
