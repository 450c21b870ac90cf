import type { JSX } from 'preact';

interface OverlayToggleProps {
  readonly name: string;
  readonly isOn: boolean;
  readonly onToggle: (isOn: boolean) => void;
}

/** Lays something over the pictures, or takes it away. */
export function OverlayToggle({ name, isOn, onToggle }: OverlayToggleProps): JSX.Element {
  return (
    <button type="button" aria-pressed={isOn} onClick={() => onToggle(!isOn)} data-testid={`overlay-${name}`}>
      {name}
    </button>
  );
}

/** The lines between the patches, so that one sees how coarse the policy looks. */
export function PatchLines({ columns, rows }: { readonly columns: number; readonly rows: number }): JSX.Element {
  return (
    <svg viewBox={`0 0 ${columns} ${rows}`} preserveAspectRatio="none" aria-hidden="true">
      {Array.from({ length: columns - 1 }, (_, line) => (
        <path key={`column ${line}`} d={`M${line + 1} 0V${rows}`} />
      ))}
      {Array.from({ length: rows - 1 }, (_, line) => (
        <path key={`row ${line}`} d={`M0 ${line + 1}H${columns}`} />
      ))}
    </svg>
  );
}
