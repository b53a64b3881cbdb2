/** A run that the server won't take, with its reason. */
export interface RefusedRun {
  readonly runId: string;
  readonly runName: string;
  readonly message: string;
}

/** What a sync did. */
export interface SyncReport {
  /** Runs that the server got (or completed) in this sync. */
  readonly sent: number;
  /** Runs that it has not got: the server can't be reached, or the sync was ended. Refused ones are not among them. */
  readonly pending: number;
  readonly refused: readonly RefusedRun[];
  /** Why the sync ended before all was sent. */
  readonly stopped?: Error;
}

/** How far a sync is. */
export interface SyncProgress {
  readonly sent: number;
  readonly total: number;
}

export interface SyncOptions {
  readonly onProgress?: (progress: SyncProgress) => void;
  readonly signal?: AbortSignal;
}
