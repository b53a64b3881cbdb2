import fc from "fast-check";

/**
 * Property tests draw the same cases every time, so that a failure belongs to the change that made it. To look for new
 * counterexamples: `PROPERTY_SEED=random npm run test:unit` (a failure prints its seed), or a number.
 */
const seed = process.env.PROPERTY_SEED ?? "20261124";
if (seed !== "random") fc.configureGlobal({ seed: Number(seed) });
