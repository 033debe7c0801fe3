import { assertEquals, assertThrows } from "@std/assert";
import { streamHeaders, streamUrl } from "./stream_request.ts";

Deno.test("streamUrl keeps the router's path prefix and drops query and fragment", () => {
  const expected = "https://gate.example/flows/v1/flows/f/stream";
  assertEquals(streamUrl("https://gate.example/flows", "f").href, expected);
  assertEquals(streamUrl("https://gate.example/flows/?flow=x#top", "f").href, expected);
  assertEquals(streamUrl("http://127.0.0.1:8080", "f").pathname, "/v1/flows/f/stream");
});

Deno.test("streamUrl escapes the flow id", () => {
  assertEquals(
    streamUrl("http://127.0.0.1", "a/b ?#ü").pathname,
    "/v1/flows/a%2Fb%20%3F%23%C3%BC/stream",
  );
});

Deno.test("streamUrl refuses ids that no path can hold", () => {
  for (const id of ["", ".", ".."]) assertThrows(() => streamUrl("http://x", id), TypeError, id);
});

Deno.test("streamHeaders names the place and the token, each only when there is one", () => {
  assertEquals([...streamHeaders(undefined, undefined).keys()], ["accept"]);
  assertEquals(Object.fromEntries(streamHeaders("7-ab", "s3cret")), {
    accept: "text/event-stream",
    authorization: "Bearer s3cret",
    "last-event-id": "7-ab",
  });
});
