import { assertStrictEquals } from "@std/assert";

const modules: Record<string, Record<string, unknown>> = {
  "@std/assert": await import("@std/assert"),
  "@std/http/negotiation": await import("@std/http/negotiation"),
  "@std/http/etag": await import("@std/http/etag"),
  "@std/http/status": await import("@std/http/status"),
};

Deno.test("every std name that we declare exists in the package", async () => {
  const source = await Deno.readTextFile(new URL("./deno_std.d.ts", import.meta.url));
  for (const [, specifier, body] of source.matchAll(/declare module "([^"]+)" \{([\s\S]*?)\n\}/g)) {
    for (const [, name] of body!.matchAll(/export (?:function|class|const) (\w+)/g)) {
      assertStrictEquals(name! in modules[specifier!]!, true, `${specifier} lacks ${name}`);
    }
  }
});

Deno.test("every status code that we declare has the std library's value", async () => {
  const source = await Deno.readTextFile(new URL("./deno_std.d.ts", import.meta.url));
  const codes = modules["@std/http/status"]!["STATUS_CODE"] as Record<string, number>;
  for (const [, name, code] of source.matchAll(/readonly (\w+): (\d{3});/g)) {
    assertStrictEquals(codes[name!], Number(code), name!);
  }
});
