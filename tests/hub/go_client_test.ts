import { assertEquals } from "@std/assert";
import { storyText } from "../../hub/server/testing/memory_hub.ts";
import { startHub } from "./testing/test_hub.ts";

const MODULE = new URL("../tools/transport_golden/", import.meta.url);
const STEPS = [{ name: "a" }, { name: "b", needs: ["a"] }];

for (
  const [name, streaming] of [
    ["best effort", {}],
    ["at least once", { delivery: { semantics: "at_least_once" } }],
  ] as const
) {
  Deno.test(`the original's own Go client gets every packet, each valid by its rules: ${name}`, async () => {
    await using hub = await startHub(storyText(STEPS, streaming));
    const { certificate, key } = hub.certificate();
    await Deno.writeTextFile(`${hub.folder}/client.crt`, certificate);
    await Deno.writeTextFile(`${hub.folder}/client.key`, key);
    const { code, stdout, stderr } = await new Deno.Command("go", {
      args: ["run", "./client", `localhost:${hub.running.port}`, hub.folder, "2000"],
      cwd: MODULE,
    }).output();
    const text = new TextDecoder();
    assertEquals([code, text.decode(stdout)], [0, "received 2000\n"], text.decode(stderr));
  });
}
