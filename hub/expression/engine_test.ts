import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ExpressionEngine, RUNTIME_SCOPE, STATIC_SCOPE } from "./engine.ts";
import { ExpressionError, type ExpressionErrorCode } from "./errors.ts";

const engine = new ExpressionEngine({ now: () => 1_700_000_000_000, random: () => 0.5 });

const VARS = {
  inputs: { style: "warm", limit: 3 },
  steps: {
    asr: { text: "hi", list: [1, { a: "b" }], none: null },
    "fetch-feed": { output: { body: "x" } },
    stored: { output: { $bubuStorageRef: "s3://bucket/key" } },
  },
  packet: { type: "chat.message.v1", n: 7, metadata: { lang: "en" } },
};

function refused(code: ExpressionErrorCode, run: () => unknown): void {
  assertEquals(assertThrows(run, ExpressionError).code, code);
}

Deno.test("text without an action is itself", () => {
  assertEquals(engine.evaluate("plain }} text", VARS), "plain }} text");
});

Deno.test("a path alone keeps the type of what it leads to", () => {
  const cases: [string, unknown][] = [
    ["{{ packet.n }}", 7],
    ["  {{.packet.n}} ", 7],
    ["{{ steps.asr.list }}", [1, { a: "b" }]],
    ["{{ steps.asr.list[1].a }}", "b"],
    ["{{ steps.asr.list[1]['a'] }}", "b"],
    ['{{ steps["fetch-feed"].output }}', { body: "x" }],
    ["{{ steps['fetch-feed']['output']['body'] }}", "x"],
    ['{{ index .steps "fetch-feed" }}', { output: { body: "x" } }],
    ['{{ (index .steps "fetch-feed").output.body }}', "x"],
    ["{{ inputs }}", VARS.inputs],
    ["{{ steps.asr.none }}", null],
  ];
  for (const [text, value] of cases) assertEquals(engine.evaluate(text, VARS), value, text);
});

Deno.test("one action that prints JSON is that value, if it calls text/template's functions alone", () => {
  assertEquals(engine.evaluate('{{ eq packet.metadata.lang "en" }}', VARS), true);
  assertEquals(engine.evaluate('{{ print "[1,2]" }}', VARS), [1, 2]);
  assertEquals(engine.evaluate("{{ add 1 2 }}", VARS), "3");
  assertEquals(engine.evaluate("n={{ packet.n }}", VARS), "n=7");
  assertEquals(engine.evaluate("{{ packet.n }}{{ packet.n }}", VARS), "77");
});

Deno.test("roots need no dot, but a name inside of quotes or after a dot stays", () => {
  assertEquals(
    engine.evaluate('{{ print "packet" packet.n " steps.x" }}', VARS),
    "packet7 steps.x",
  );
  assertEquals(engine.evaluate("{{ $.packet.n }}x{{ (packet).n }}", VARS), "7x7");
  assertEquals(engine.evaluate('{{ printf "%v" steps.asr.list }}', VARS), "[1 map[a:b]]");
  assertEquals(engine.evaluate("{{ with steps['asr'] }}{{ .text }}{{ end }}", VARS), "hi");
  assertEquals(engine.evaluate("{{/* packet */}}x", VARS), "x");
});

Deno.test("a path to nowhere is missing, below steps it is blocked until a later packet", () => {
  refused("missing", () => engine.evaluate("{{ packet.nope }}", VARS));
  refused("missing", () => engine.evaluate("{{ inputs.a.b }}", VARS));
  refused("blocked", () => engine.evaluate("{{ steps.later.text }}", VARS));
  refused("blocked", () => engine.evaluate("{{ steps.asr.nope }}", VARS));
  refused("blocked", () => engine.evaluate('{{ eq steps.later.text "x" }}', VARS));
  refused("exec", () => engine.evaluate("{{ packet.type.x }}", VARS));
  assertEquals(engine.evaluate('{{ default "d" packet.nope }}', VARS), "d");
  assertEquals(engine.evaluate('{{ default "d" steps.later }}', VARS), "d");
});

Deno.test("what lies in storage becomes a reference in a path, and is refused elsewhere", () => {
  assertEquals(engine.evaluate("{{ steps.stored.output.a.b[0] }}", VARS), {
    $bubuStorageRef: "s3://bucket/key",
    $bubuStoragePath: "a.b[0]",
  });
  refused("offloaded", () => engine.evaluate("{{ len steps.stored.output }}", VARS));
  refused("offloaded", () => {
    engine.evaluate("{{ len packet.file }}", { packet: { file: { $bubuStorageRef: "r" } } });
  });
});

Deno.test("a condition is true, false, or neither, which is an error", () => {
  for (
    const text of [undefined, "", " ", "true", " YES ", "1", "y", "{{ true }}", "{{ eq 1 1 }}"]
  ) {
    assertEquals(engine.condition(text, VARS), true, text);
  }
  for (const text of ["false", "0", "no", "N", "{{ false }}", '{{ "" }}', "{{ not true }}"]) {
    assertEquals(engine.condition(text, VARS), false, text);
  }
  refused("condition", () => engine.condition("maybe", VARS));
  refused("condition", () => engine.condition("{{ packet.n }}", VARS));
});

Deno.test("a block is resolved as deep as it goes, with variables of its own", () => {
  assertEquals(
    engine.resolve({
      a: ["{{ packet.n }}", 1, null],
      b: { c: "x{{ inputs.style }}" },
      d: { $bubuTemplate: "{{ .extra.k }}", $bubuTemplateVars: { extra: { k: "{{ packet.n }}" } } },
    }, VARS),
    { a: [7, 1, null], b: { c: "xwarm" }, d: 7 },
  );
  let deep: unknown = "x";
  for (let depth = 0; depth < 200; depth++) deep = { deep };
  refused("limit", () => engine.resolve(deep, VARS));
});

Deno.test("an expression ends when its time, steps, output or values run out", () => {
  let time = 0;
  const slow = new ExpressionEngine({ now: () => time += 10, random: Math.random });
  refused("limit", () => slow.evaluate("{{ range 1000000 }}{{ end }}", {}));
  refused("limit", () => engine.evaluate("{{ range 100000000 }}{{ end }}", {}));
  refused("limit", () => engine.evaluate(`{{ range 10000 }}0123456789{{ end }}`, {}));
  refused("limit", () => {
    engine.evaluate('{{ $x := "ab" }}{{ range 60 }}{{ $x = cat $x $x }}{{ end }}', {});
  });
  refused("limit", () => {
    engine.evaluate("{{ $x := list 1 }}{{ range 60 }}{{ $x = concat $x $x }}{{ end }}", {});
  });
  for (
    const text of [
      '{{ indent 999999999 "x" }}',
      '{{ replace "" "0123456789" (indent 100000 "") | replace " " (indent 100000 "") }}',
      '{{ printf "%999999d" 1 }}{{ printf "%*d" 999999 1 }}',
      "{{ randAlpha 999999999 }}",
      '{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}',
      "x".repeat(70_000) + "{{ 1 }}",
    ]
  ) refused("limit", () => engine.evaluate(text, {}));
});

Deno.test("deterministic expressions know neither time nor chance", () => {
  const deterministic = new ExpressionEngine({
    deterministic: true,
    now: () => 0,
    random: () => 0,
  });
  for (const text of ["{{ now }}", "{{ uuidv4 }}", "{{ randInt 1 2 }}"]) {
    refused("parse", () => deterministic.evaluate(text, {}));
    assertEquals(typeof engine.evaluate(text, {}), "string", text);
  }
  assertEquals(engine.evaluate("{{ now | unixEpoch }}", {}), "1700000000");
  assertEquals(engine.evaluate("{{ uuidv4 }}", {}), "88888888-8888-4888-a888-888888888888");
});

Deno.test("a scope says what may not be read or called there", () => {
  assertEquals(engine.validate({ a: ["{{ inputs.style }}"] }, STATIC_SCOPE), []);
  assertEquals(engine.validate({ a: ["{{ packet.n }}", "{{ now }}"] }, STATIC_SCOPE), [
    '$.a[0]: "packet" may not be read by static expressions',
    '$.a[1]: "now" may not be called by static expressions',
  ]);
  assertEquals(engine.validate("{{ range inputs.x }}{{ .name }}{{ end }}", STATIC_SCOPE), [
    "$: range is not allowed in static expressions",
  ]);
  assertEquals(
    engine.validate("{{ range steps.x }}{{ .name }}{{ $.packet }}{{ end }}", RUNTIME_SCOPE),
    [],
  );
  assertEquals(engine.validate("{{ other.x }}", RUNTIME_SCOPE).length, 1);
  assertEquals(engine.validate("{{ .other.x }}", RUNTIME_SCOPE), [
    '$: "other" may not be read by runtime expressions',
  ]);
  assertEquals(engine.isStatic('{{ eq inputs.style "warm" }}'), true);
  assertEquals(engine.isStatic('{{ eq packet.type "x" }}'), false);
  assertEquals(engine.isStatic('{{ eq (index . "packet").type "x" }}'), false);
});

Deno.test("a block tells which steps it reads", () => {
  const block = {
    a: "{{ steps.asr.text }}",
    b: ["{{ default 1 steps['x-y'].n }}", "{{ with $.steps.z }}{{ .q }}{{ end }}", 1, null],
    c: "{{ broken",
    d: "steps.plain {{ packet.steps.no }}",
  };
  assertEquals([...engine.stepsRead(block)].sort(), ["asr", "x-y", "z"]);
});

Deno.test("a value of any JSON comes through a path as it is", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assertEquals<unknown>(engine.evaluate("{{ packet.x }}", { packet: { x: value } }), value);
    const copy = engine.evaluate("{{ toJson packet.x }}", { packet: { x: value } });
    assertEquals(JSON.parse(String(copy)), JSON.parse(JSON.stringify(value)));
  }));
});

Deno.test("whatever is written, an expression has a value or an ExpressionError", () => {
  const words = fc.constantFrom(
    ..."{{ }} {{- -}} | ( ) . $ $x := = , if else end range with define template block break nil"
      .split(" "),
    ...'packet steps inputs .packet.n steps.asr "a" `b` \' 1 -2.5 0x 1e9 true index eq len'.split(
      " ",
    ),
    ...'printf "%5.2f%v" "%*d" list dict slice default toJson fromJson split substr trunc'.split(
      " ",
    ),
    ...'round div addf semverCompare toDate dateModify wrap snakecase [ ] ["a"] é \\ /* */'.split(
      " ",
    ),
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 14 }), (parts) => {
      const text = `{{ ${parts.join(" ")} }}`;
      try {
        engine.evaluate(text, VARS);
      } catch (error) {
        assert(error instanceof ExpressionError, `${text}: ${error}`);
      }
    }),
    { numRuns: 2_000 },
  );
});
