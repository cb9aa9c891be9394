// What the reconciliation found of what was planted, kept for `npm run recon:selftest` to print.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Detection {
  readonly planted: string;
  readonly done: string;
  readonly check: string;
  readonly class: string;
  readonly found: boolean;
  /** Found, but under another check, class or state than it should. */
  readonly misclassified: boolean;
}

export interface DetectionTable {
  readonly note: (detection: Detection) => void;
  /** Differences that were called unexplained on books that are right. */
  readonly falseAlarms: (count: number) => void;
  readonly write: () => Promise<void>;
}

export function openDetectionTable(path = process.env['DETECTION_TABLE']): DetectionTable {
  const detections: Detection[] = [];
  let cleanBooks = 0;
  let falseAlarms = 0;
  return {
    note: (detection) => detections.push(detection),
    falseAlarms: (count) => {
      cleanBooks += 1;
      falseAlarms += count;
    },
    write: async () => {
      if (path === undefined) return;
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, JSON.stringify({ detections, cleanBooks, falseAlarms }));
    },
  };
}
