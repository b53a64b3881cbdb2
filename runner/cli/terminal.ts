/** Where a command writes: results to `out`, everything else to `err`. */
export interface Terminal {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

export function print({ out }: Terminal, text: string): void {
  out.write(`${text}\n`);
}

/** For people, not for programs: notes, warnings, progress. */
export function note({ err }: Terminal, text: string): void {
  err.write(`${text}\n`);
}
