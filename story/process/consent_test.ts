import { assertEquals } from "@std/assert";
import { notAllowed } from "./consent.ts";

Deno.test("a program runs when Deno, its user at the terminal or --allow says so, asked once", async () => {
  const asked: string[] = [];
  const permissions = {
    query: ({ command }: Deno.RunPermissionDescriptor) =>
      Promise.resolve({ state: command === "granted" ? "granted" : "prompt" }),
    request({ command }: Deno.RunPermissionDescriptor) {
      asked.push(String(command));
      return Promise.resolve({ state: command === "yes" ? "granted" : "denied" });
    },
  };
  const programs = ["granted", "option", "yes", "no", "no"];
  assertEquals(await notAllowed(programs, new Set(["option"]), permissions), ["no"]);
  assertEquals(asked, ["yes", "no"]);
});
