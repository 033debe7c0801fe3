import { assertEquals } from "@std/assert";
import { mountServiceAccount } from "./service_account_mount.ts";

Deno.test("a mount shows the kubelet's files, and a rotated token at the same path", async () => {
  const parent = await Deno.makeTempDir({ prefix: "headrace-mount-" });
  try {
    const mount = await mountServiceAccount(`${parent}/serviceaccount`, {
      token: "first",
      ca: "authority",
      namespace: "flux-system",
    });
    const read = (name: string) => Deno.readTextFile(`${mount.folder}/${name}`);
    assertEquals(await read("token"), "first");
    assertEquals(await read("ca.crt"), "authority");
    assertEquals(await read("namespace"), "flux-system");
    for (const token of ["second", "third"]) {
      await mount.rotate(token);
      assertEquals(await read("token"), token);
      assertEquals(await read("ca.crt"), "authority");
    }
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});
