import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventQueue } from "../../../runner/executor/event-queue.ts";

/** Whether the promise has settled once all that can go on has gone on. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

async function readAll<T>(queue: EventQueue<T>): Promise<T[]> {
  const events: T[] = [];
  for await (const event of queue) events.push(event);
  return events;
}

describe("an event queue", () => {
  it("gives events in the order in which they came", async () => {
    const queue = new EventQueue<number>(100);
    for (let event = 0; event < 10; event++) void queue.push(event);
    queue.end();
    expect(await readAll(queue)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("keeps the order of each of several producers, whatever the limit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(20), { maxLength: 5 }),
        async (limit, counts) => {
          const queue = new EventQueue<{ producer: number; event: number }>(limit);
          const producers = counts.map(async (count, producer) => {
            for (let event = 0; event < count; event++) await queue.push({ producer, event });
          });
          void Promise.all(producers).then(() => queue.end());
          const events = await readAll(queue);
          for (const [producer, count] of counts.entries()) {
            const own = events.filter((item) => item.producer === producer).map(({ event }) => event);
            expect(own).toEqual(Array.from({ length: count }, (_, event) => event));
          }
        },
      ),
    );
  });

  it("makes producers wait while too many events are unread", async () => {
    const queue = new EventQueue<number>(2);
    expect(await hasSettled(queue.push(1))).toBe(true);
    const second = queue.push(2);
    expect(await hasSettled(second)).toBe(false);
    const consumer = queue[Symbol.asyncIterator]();
    await consumer.next();
    expect(await hasSettled(second)).toBe(true);
  });

  it("gives a waiting consumer an event as soon as there is one", async () => {
    const queue = new EventQueue<string>(2);
    const next = queue[Symbol.asyncIterator]().next();
    expect(await hasSettled(next)).toBe(false);
    await queue.push("late");
    expect(await next).toEqual({ done: false, value: "late" });
  });

  it("gives what came before a failure, then fails with it", async () => {
    const queue = new EventQueue<number>(10);
    await queue.push(1);
    await queue.push(2);
    queue.fail(new RangeError("no more"));
    const seen: number[] = [];
    const reading = (async () => {
      for await (const event of queue) seen.push(event);
    })();
    await expect(reading).rejects.toThrow(new RangeError("no more"));
    expect(seen).toEqual([1, 2]);
  });

  it("fails a consumer that waits, also with what is no error", async () => {
    const queue = new EventQueue<number>(10);
    const next = queue[Symbol.asyncIterator]().next();
    queue.fail(undefined);
    await expect(next).rejects.toBeUndefined();
  });

  it("frees all producers when it is abandoned, and takes nothing from then on", async () => {
    const queue = new EventQueue<number>(1);
    const waiting = [queue.push(1), queue.push(2)];
    expect(await hasSettled(Promise.all(waiting))).toBe(false);
    queue.abandon();
    expect(await hasSettled(Promise.all(waiting))).toBe(true);
    expect(await hasSettled(queue.push(3))).toBe(true);
  });
});
