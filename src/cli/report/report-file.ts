import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { renderGallery } from './gallery.ts';
import type { Gallery } from './gallery.ts';
import { renderReport } from './render-report.ts';
import type { ReportData } from './report-data.ts';

const DIRECTORY = 'reports';

/** `reports/<stem>-<n>.html` with the first number that is free. */
export function freeReportPath(stem: string): string {
  for (let number = 1; ; number += 1) {
    const path = join(DIRECTORY, `${stem}-${number}.html`);
    if (!existsSync(path)) return path;
  }
}

/** Writes a report, creating its folder. */
export async function writeReport(path: string, data: ReportData): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, renderReport(data));
}

/** Writes the page of a folder of films and gives its path. */
export async function writeGallery(folder: string, gallery: Gallery): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'index.html');
  await writeFile(path, renderGallery(gallery));
  return path;
}
