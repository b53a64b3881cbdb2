import { BATCH_BYTES, BATCH_ITEMS, BATCH_METRICS, BATCH_PARAMS, BATCH_TAGS } from "./limits.ts";

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** A point of a metric's history as REST writes it: milliseconds in `timestamp`. */
export interface MetricPoint {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** A metric as it stands in the JSON of a request. */
export interface MetricJson {
  readonly key: string;
  readonly value: number | "NaN" | "Infinity" | "-Infinity";
  readonly timestamp: number;
  readonly step: number;
}

/** What one `runs/log-batch` request carries. */
export interface Batch {
  readonly metrics: readonly MetricJson[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

export interface BatchContent {
  readonly metrics?: readonly MetricPoint[];
  readonly params?: readonly KeyValue[];
  readonly tags?: readonly KeyValue[];
}

type Kind = "params" | "tags" | "metrics";
const LIMITS: Readonly<Record<Kind, number>> = { params: BATCH_PARAMS, tags: BATCH_TAGS, metrics: BATCH_METRICS };

/**
 * The fewest batches in this order (params, tags, metrics) that keep MLflow's limits: 1,000 items in all, 1,000
 * metrics, 100 params, 100 tags, about 1 MB. Every item is in exactly one of them, in its order.
 */
export function splitBatches(content: BatchContent): Batch[] {
  const batches: OpenBatch[] = [];
  const add = (kind: Kind, item: KeyValue | MetricJson): void => {
    const sizeBytes = Buffer.byteLength(JSON.stringify(item)) + 1;
    // Params and tags share requests: the first that has room, so that 300 of each need 3 requests and not 6.
    let batch = batches.find((open) => open.hasRoom(kind, sizeBytes));
    if (batch === undefined) {
      batch = new OpenBatch();
      batches.push(batch);
    }
    batch.add(kind, item, sizeBytes);
  };
  for (const param of content.params ?? []) add("params", { key: param.key, value: param.value });
  for (const tag of content.tags ?? []) add("tags", { key: tag.key, value: tag.value });
  for (const metric of content.metrics ?? []) add("metrics", metricJson(metric));
  return batches;
}

class OpenBatch implements Batch {
  readonly params: KeyValue[] = [];
  readonly tags: KeyValue[] = [];
  readonly metrics: MetricJson[] = [];
  #sizeBytes = 0;

  hasRoom(kind: Kind, sizeBytes: number): boolean {
    return (
      this[kind].length < LIMITS[kind] &&
      this.params.length + this.tags.length + this.metrics.length < BATCH_ITEMS &&
      this.#sizeBytes + sizeBytes <= BATCH_BYTES
    );
  }

  add(kind: Kind, item: KeyValue | MetricJson, sizeBytes: number): void {
    (this[kind] as (KeyValue | MetricJson)[]).push(item);
    this.#sizeBytes += sizeBytes;
  }
}

/**
 * The server ends its parsing at the first value of a wrong type and still answers 200, so times and steps are made
 * integers here, and what JSON can't say becomes a string.
 */
export function metricJson({ key, value, timestamp, step }: MetricPoint): MetricJson {
  return { key, value: jsonNumber(value), timestamp: Math.round(timestamp), step: Math.round(step) };
}

function jsonNumber(value: number): MetricJson["value"] {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  if (value === Number.NEGATIVE_INFINITY) return "-Infinity";
  return value;
}
