import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const PURE_AND_DATA = ['core', 'robot', 'calibration', 'tokens', 'safety', 'record', 'policy', 'actions'];
const BELOW_RUNTIME = [...PURE_AND_DATA, 'remote', 'drivers', 'sim', 'sensors', 'teleop', 'actuators'];

/** What each folder of src may import: folders by name; `types` are those it may import types of only. */
const FOLDERS: Record<string, { readonly imports: readonly string[]; readonly types?: readonly string[] }> = {
  core: { imports: [] },
  robot: { imports: ['core'] },
  calibration: { imports: ['core', 'robot'] },
  tokens: { imports: ['core', 'robot'] },
  safety: { imports: ['core', 'robot'] },
  record: { imports: ['core', 'robot'] },
  policy: { imports: ['core', 'tokens'] },
  actions: { imports: ['core', 'robot', 'tokens'] },
  // Policies on other computers: finding the manifest is the policy's, the wire is its own.
  remote: { imports: ['core', 'robot', 'policy'] },
  drivers: { imports: ['core', 'robot', 'calibration'], types: ['safety'] },
  sim: { imports: ['core', 'robot'], types: ['safety', 'drivers'] },
  sensors: { imports: ['core', 'robot', 'drivers'] },
  teleop: { imports: ['core', 'robot', 'drivers'] },
  actuators: { imports: ['core', 'safety', 'drivers'] },
  runtime: { imports: BELOW_RUNTIME },
  serve: { imports: ['core', 'record', 'runtime'], types: ['robot'] },
  cli: { imports: [...BELOW_RUNTIME, 'runtime', 'serve', 'emulation'] },
  emulation: { imports: ['core', 'robot', 'calibration', 'record', 'drivers', 'sim'], types: ['safety'] },
  testing: { imports: ['core', 'robot', 'drivers', 'emulation'], types: ['safety'] },
};

/** Where each package may be imported. A package that is not here may not be imported at all. */
const PACKAGES: Record<string, readonly string[]> = {
  'onnxruntime-node': ['policy'],
  '@mujoco/mujoco': ['sim', 'safety/twin'],
  '@huggingface/tokenizers': ['tokens/pieces.ts'],
  serialport: ['drivers/serial'],
  '@lydell/node-pty': ['emulation'],
  roslib: ['drivers/ros'],
  ws: ['drivers/ros', 'emulation', 'remote'],
  '@msgpack/msgpack': ['remote'],
  cbor2: ['drivers/ros', 'emulation'],
  rxjs: ['sensors', 'runtime', 'teleop', 'record', 'serve'],
  zod: [
    'robot',
    'tokens/layout-spec.ts',
    'tokens/pieces.ts',
    'policy',
    'remote',
    'record',
    'sim',
    'calibration',
    'serve',
    'cli',
    'drivers',
    'emulation/rosbridge',
  ],
  yaml: ['robot'],
  commander: ['cli'],
  hyparquet: ['record'],
  'hyparquet-compressors': ['record'],
  'hyparquet-writer': ['record'],
  fastify: ['serve'],
  '@fastify/static': ['serve'],
  '@fastify/websocket': ['serve'],
  'node-av': ['record'],
  'node-hid': ['teleop'],
  pngjs: ['record'],
};

/** Folders of pure functions: no files, no network, no processes, no timers. */
const PURE_FOLDERS = ['tokens', 'actions', 'safety'];
const EFFECTFUL_MODULES = /^node:(fs|net|http|https|child_process|worker_threads|timers|dgram|readline)/;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = join(ROOT, 'src');

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

interface SourceFile {
  /** Relative to src, with forward slashes. */
  readonly path: string;
  readonly folder: string;
  readonly lineCount: number;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

function readSources(): SourceFile[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(SOURCE, path), 'utf8');
      const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
      const normalised = path.replaceAll('\\', '/');
      const folder = normalised.includes('/') ? normalised.slice(0, normalised.indexOf('/')) : '';
      return { path: normalised, folder, lineCount: text.split('\n').length - 1, code, imports: importsOf(code) };
    });
}

function importsOf(code: string): Import[] {
  const statements = code.matchAll(/^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm);
  // An import() that begins a string is text for another thread, which starts without a loader.
  const calls = code.matchAll(/(?<!['"`])\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [
    ...[...statements].map((match) => ({ specifier: match[2] ?? '', typeOnly: match[1] !== undefined })),
    // Only a value import can be meant by import(): a type is imported by a statement.
    ...[...calls].map((match) => ({ specifier: match[1] ?? '', typeOnly: false })),
  ];
}

/** The folder of src a relative import leads to; '' for src itself, '..' for anything outside src. */
function targetFolder(file: SourceFile, specifier: string): string {
  const target = relative(SOURCE, join(SOURCE, dirname(file.path), specifier)).replaceAll('\\', '/');
  if (target.startsWith('..')) return '..';
  return target.includes('/') ? target.slice(0, target.indexOf('/')) : '';
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function offenders(matches: (file: SourceFile) => boolean): string[] {
  return sources.filter(matches).map((file) => file.path);
}

const sources = readSources();

describe('import directions', () => {
  it('knows every folder of src', () => {
    expect(
      [...new Set(sources.map((file) => file.folder))].filter((folder) => folder !== '' && !(folder in FOLDERS)),
    ).toEqual([]);
  });

  it('lets each folder import only what the table names', () => {
    const violations = sources.flatMap((file) =>
      file.imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .filter(({ specifier, typeOnly }) => {
          const target = targetFolder(file, specifier);
          if (target === '..') return true;
          // The index of the package gathers what is public; nothing inside imports it.
          if (file.folder === '') return target === 'testing' || target === 'cli';
          if (target === file.folder) return false;
          const rule = FOLDERS[file.folder];
          return !(rule?.imports.includes(target) || (typeOnly && rule?.types?.includes(target)));
        })
        .map(({ specifier, typeOnly }) => `${file.path} imports ${typeOnly ? 'types of ' : ''}${specifier}`),
    );
    expect(violations).toEqual([]);
  });

  it('has no cycle between folders', () => {
    const edges = new Map<string, Set<string>>();
    for (const file of sources.filter(({ folder }) => folder !== '')) {
      for (const { specifier } of file.imports.filter((entry) => entry.specifier.startsWith('.'))) {
        const target = targetFolder(file, specifier);
        if (target !== file.folder) edges.set(file.folder, (edges.get(file.folder) ?? new Set()).add(target));
      }
    }
    expect(findCycle(edges)).toEqual([]);
  });

  it('keeps each package in its folders', () => {
    const violations = sources.flatMap((file) =>
      file.imports
        .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .filter(({ specifier }) => {
          const places = PACKAGES[packageName(specifier)] ?? [];
          return !places.some((place) => file.path === place || file.path.startsWith(`${place}/`));
        })
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    );
    expect(violations).toEqual([]);
  });

  it('keeps files, network, processes and timers out of the pure folders', () => {
    expect(
      offenders(
        (file) =>
          PURE_FOLDERS.includes(file.folder) && file.imports.some(({ specifier }) => EFFECTFUL_MODULES.test(specifier)),
      ),
    ).toEqual([]);
  });
});

/** The folders of one cycle, in order; empty when there is none. */
function findCycle(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const finished = new Set<string>();
  const visit = (folder: string, path: readonly string[]): string[] => {
    if (path.includes(folder)) return [...path.slice(path.indexOf(folder)), folder];
    if (finished.has(folder)) return [];
    for (const target of edges.get(folder) ?? []) {
      const cycle = visit(target, [...path, folder]);
      if (cycle.length > 0) return cycle;
    }
    finished.add(folder);
    return [];
  };
  for (const folder of edges.keys()) {
    const cycle = visit(folder, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

describe('the type wall', () => {
  it('invariant 26: mints SafeCommand in one place, safety/gate.ts', () => {
    const casts = sources.flatMap((file) =>
      [...file.code.matchAll(/\bas\s+(?:unknown\s+as\s+)?SafeCommand\b/g)].map(() => file.path),
    );
    expect(casts).toEqual(['safety/gate.ts']);
  });

  it('invariant 20: issues tokens of operators in one place, safety/operator.ts', () => {
    const casts = sources.flatMap((file) =>
      [...file.code.matchAll(/\bas\s+(?:unknown\s+as\s+)?OperatorToken\b(?!\s*\|)/g)].map(() => file.path),
    );
    expect(casts).toEqual(['safety/operator.ts']);
  });

  it('invariant 21: calls ArmDriver.write only in actuators, and in the fake that stands before a driver', () => {
    const callers = offenders((file) => file.folder !== 'actuators' && /\bdriver\.write\(/.test(file.code));
    // A fake in front of a driver hands on the very command it was given.
    expect(callers).toEqual(['testing/faulty-driver.ts']);
  });
});

describe('habits', () => {
  it('leaves the terminal and the exit of the process to the command line', () => {
    expect(
      offenders((file) => file.folder !== 'cli' && /\bconsole\.|\bprocess\.(exit|stdout|stderr)\b/.test(file.code)),
    ).toEqual([]);
  });

  it('does not use any', () => {
    expect(offenders((file) => /(?::|\bas|[<,|(])\s*any\b/.test(file.code))).toEqual([]);
  });

  it('keeps every file within 400 lines', () => {
    expect(offenders((file) => file.lineCount > 400)).toEqual([]);
  });

  it('exports by name', () => {
    expect(offenders((file) => /^\s*export\s+default\b/m.test(file.code))).toEqual([]);
  });

  it('documents every error code, and no other', () => {
    const used = new Set(sources.flatMap((file) => errorCodes(file.code)));
    const documented = new Set(
      [...readFileSync(join(ROOT, 'docs', 'errors.md'), 'utf8').matchAll(/^\|\s*`(E_[A-Z0-9_]+)`/gm)].map(
        (match) => match[1] ?? '',
      ),
    );
    expect({
      missing: [...used].filter((code) => !documented.has(code)).toSorted(),
      superfluous: [...documented].filter((code) => !used.has(code)).toSorted(),
    }).toEqual({ missing: [], superfluous: [] });
  });
});

function errorCodes(code: string): string[] {
  const literal = [...code.matchAll(/['"`](E_[A-Z0-9_]+)['"`]/g)].map((match) => match[1] ?? '');
  // UnknownNameError makes its code of the kind it is given.
  const unknown = [...code.matchAll(/new UnknownNameError\(\s*['"]([^'"]+)['"]/g)].map(
    (match) => `E_UNKNOWN_${(match[1] ?? '').toUpperCase().replaceAll(' ', '_')}`,
  );
  return [...literal, ...unknown];
}
