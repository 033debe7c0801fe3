import { assertEquals } from "@std/assert";
import { Congestion, MAX_OUTSTANDING } from "./congestion.ts";

const PIECE = 64 * 1024;
const PIECES = MAX_OUTSTANDING / PIECE;

Deno.test("a connection is full beyond its bound, and has room again at half of it", async () => {
  const socket = { bytesWritten: 1_000 };
  const { promise, resolve } = Promise.withResolvers<void>();
  let told = 0;
  const congestion = new Congestion(socket, () => {
    told++;
    resolve();
  });
  for (let n = 0; n < PIECES; n++) assertEquals(congestion.passed(PIECE), false);
  assertEquals(congestion.passed(PIECE), true);
  assertEquals([congestion.isFull, congestion.passed(1)], [true, true]);
  socket.bytesWritten += MAX_OUTSTANDING;
  await promise;
  assertEquals([congestion.isFull, told], [false, 1]);
});

Deno.test("calls of one connection share its room, and one that is over is not told", () => {
  const socket = { bytesWritten: 0 };
  const one = new Congestion(socket, () => {
    throw new Error("it is over");
  });
  const other = new Congestion(socket, () => {});
  for (let n = 0; n < PIECES; n++) one.passed(PIECE);
  assertEquals(other.passed(PIECE), true);
  assertEquals(one.passed(PIECE), true);
  one.stop();
  other.stop();
  assertEquals([one.isFull, other.isFull], [false, false]);
});
