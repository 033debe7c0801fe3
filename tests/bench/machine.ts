import type { Workshop } from "./peer.ts";

/** The machine in a few words, such as `2 cores of Intel Xeon, Linux 6.18, Deno 2.9.2`. */
export async function describeMachine({ run }: Workshop): Promise<string> {
  // Deno lets nobody read /proc without every permission there is.
  const [model = "", kernel = ""] = (await run("sh", [
    "-c",
    "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1; uname -sr",
  ])).split("\n");
  const cores = `${navigator.hardwareConcurrency} cores`;
  return [`${cores}${model && ` of ${model.trim()}`}`, kernel.trim(), `Deno ${Deno.version.deno}`]
    .filter((part) => part !== "").join(", ");
}

/** Whether server and client can each have a core of its own. */
export async function canPin({ run }: Workshop): Promise<boolean> {
  if (navigator.hardwareConcurrency < 2) return false;
  try {
    await run("taskset", ["--cpu-list", "0,1", "true"]);
    return true;
  } catch {
    return false;
  }
}
