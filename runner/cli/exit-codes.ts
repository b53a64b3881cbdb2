/** Exit codes of `scenario`. */
export const exitCodes = {
  /** All scenarios succeeded. */
  success: 0,
  /** Some scenarios failed. */
  someFailed: 1,
  /** Wrong usage, or the project or its data can't be used. */
  unusable: 2,
  /** Stopped by Ctrl-C; what was done is safe. */
  interrupted: 130,
} as const;
