import { assert, assertEquals, assertGreater } from "@std/assert";
import { Random } from "../random.ts";
import { BREAKERS } from "./breakers.ts";
import { generate } from "./generate.ts";
import { mutateText, mutateValue } from "./mutate_json.ts";
import { MUTATORS } from "./mutators.ts";
import { encodeRequest } from "./request.ts";
import { MESSAGES, SEED_REQUESTS } from "./seed_requests.ts";

const text = (bytes: Uint8Array) => String.fromCharCode(...bytes.subarray(0, 20_000));
const wire = (seed: number, index: number) => text(generate(seed, index, false).bytes);

Deno.test("a request is the same for the same seed and index, and another for others", () => {
  for (let index = 0; index < 200; index++) assertEquals(wire(1, index), wire(1, index));
  const many = new Set(Array.from({ length: 2_000 }, (_, index) => wire(2, index)));
  assertGreater(many.size, 1_850);
});

/** What llhttp takes in its strict mode: no control characters, no space. */
const TARGET = /^(\/|\*$|http:\/\/)[!-~]*$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

for (const [name, mutate] of Object.entries(MUTATORS)) {
  Deno.test(`mutator ${name} changes requests within what HTTP allows`, () => {
    const random = new Random(5);
    let different = 0;
    for (let i = 0; i < 300; i++) {
      const seed = random.pick(SEED_REQUESTS);
      const request = mutate(seed, random);
      assert(TARGET.test(request.target), request.target);
      for (const [header, value] of request.headers) {
        assert(/^[\w-]+$/.test(header) && VALUE.test(value), `${header}: ${value}`);
      }
      if (request.version === "1.0") assertEquals(request.framing, "length");
      if (
        text(encodeRequest(request, false)) !== text(encodeRequest(seed, false))
      ) {
        different++;
      }
    }
    assertGreater(different, 50);
  });
}

for (const [name, breaker] of Object.entries(BREAKERS)) {
  Deno.test(`breaker ${name} changes the bytes and leaves the original alone`, () => {
    const random = new Random(6);
    let different = 0;
    for (let i = 0; i < 100; i++) {
      const bytes = encodeRequest(random.pick(SEED_REQUESTS), false);
      const before = text(bytes);
      if (text(breaker(bytes, random)) !== before) different++;
      assertEquals(text(bytes), before);
    }
    assertGreater(different, 80);
  });
}

Deno.test("a value is mutated anywhere in it and stays JSON", () => {
  const random = new Random(7);
  const message = JSON.stringify(MESSAGES[0]);
  const seen = new Set(
    Array.from({ length: 500 }, () => JSON.stringify(mutateValue(MESSAGES[0], random))),
  );
  assertGreater(seen.size, 100);
  assertEquals(JSON.stringify(MESSAGES[0]), message);
});

Deno.test("a text is mutated into JSON and into what is none", () => {
  const random = new Random(8);
  const json = JSON.stringify(MESSAGES[2]);
  let valid = 0;
  for (let i = 0; i < 500; i++) {
    try {
      JSON.parse(mutateText(json, random));
      valid++;
    } catch {
      // As it should be for some.
    }
  }
  assert(valid > 50 && valid < 450, `${valid} of 500 are JSON`);
});

Deno.test("the corpus holds requests of all kinds", () => {
  const requests = Array.from({ length: 3_000 }, (_, index) => generate(3, index, true));
  const share = (test: (request: typeof requests[0]) => boolean) =>
    requests.filter(test).length / requests.length;
  const broken = share(({ wellFormed }) => !wellFormed);
  assert(broken > 0.1 && broken < 0.25, `${broken} are broken`);
  const withToken = share(({ bytes }) => text(bytes).includes("Bearer fuzz-token-known"));
  assert(withToken > 0.5 && withToken < 0.95, `${withToken} carry the token`);
});
