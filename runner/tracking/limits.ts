/** Limits of MLflow 3.17, in characters unless the name says otherwise (its `utils/validation.py` and column sizes). */
export const KEY_LENGTH = 250;
export const PARAM_LENGTH = 6000;
export const TAG_LENGTH = 8000;
export const RUN_NAME_LENGTH = 250;
export const DATASET_NAME_LENGTH = 500;
export const DATASET_DIGEST_LENGTH = 36;
export const DATASET_SOURCE_LENGTH = 65_535;
export const DATASET_SCHEMA_LENGTH = 1_048_575;
export const DATASET_PROFILE_LENGTH = 16_777_215;
export const INPUT_TAG_LENGTH = 500;

/** Limits of one `runs/log-batch` request. */
export const BATCH_ITEMS = 1000;
export const BATCH_METRICS = 1000;
export const BATCH_PARAMS = 100;
export const BATCH_TAGS = 100;
/** MLflow refuses more than 1,000,000 characters of JSON; the margin is for what a proxy or Python's spacing adds. */
export const BATCH_BYTES = 900_000;

/** A file name may have 255 bytes on common file systems; the rest is room for a suffix. */
export const SEGMENT_BYTES = 240;
