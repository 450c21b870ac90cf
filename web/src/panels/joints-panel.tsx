import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { FrameMessage, HelloMessage } from '../../../src/serve/messages.ts';
import type { PanelProps } from '../app.tsx';
import { Curves } from '../curves.tsx';
import { figure } from '../words.ts';

/** From this share of a limit on a value is shown as near it. */
const NEAR = 0.9;

/** Each joint between its limits: asked for, sent and measured. */
export function JointsPanel({ connection }: PanelProps): JSX.Element {
  const { hello, frame, history } = connection;
  const [shown, setShown] = useState(0);
  const samples = history.joints[shown] ?? [];
  return (
    <section class="joints" aria-labelledby="joints-title">
      <h2 id="joints-title">Joints</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">joint</th>
            <th scope="col" class="wide">
              between its limits: <span class="key solid">measured</span> <span class="key ghost">sent</span>{' '}
              <span class="key asked">asked for</span>
            </th>
            <th scope="col">rad</th>
            <th scope="col">rad/s</th>
            <th scope="col">Nm</th>
            {hasTemperature(frame) && <th scope="col">°C</th>}
          </tr>
        </thead>
        <tbody>
          {(hello?.joints ?? []).map((joint, index) => (
            <JointRow key={joint.name} joint={joint} index={index} frame={frame} hottestC={hello?.hottestC ?? null} />
          ))}
        </tbody>
      </table>
      <label class="below">
        Over time, rad
        <select value={shown} onChange={(event) => setShown(Number(event.currentTarget.value))}>
          {(hello?.joints ?? []).map(({ name }, index) => (
            <option key={name} value={index}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Curves
        timesS={history.timesS}
        isFromZero={false}
        curves={[
          { label: 'measured', values: samples.map(({ measuredRad }) => measuredRad) },
          { label: 'sent', values: samples.map(({ sentRad }) => sentRad) },
        ]}
      />
    </section>
  );
}

interface JointRowProps {
  readonly joint: HelloMessage['joints'][number];
  readonly index: number;
  readonly frame: FrameMessage | undefined;
  readonly hottestC: number | null;
}

function JointRow({ joint, index, frame, hottestC }: JointRowProps): JSX.Element {
  const { lowRad, highRad, velocityRadPerS, effortNm } = joint;
  const measured = frame?.joints.measuredRad[index];
  const velocity = frame?.joints.velocityRadPerS[index];
  const effort = frame?.joints.effortNm[index];
  const temperature = frame?.joints.temperatureC[index];
  const place = (value: number | null | undefined): number | undefined =>
    value === null || value === undefined ? undefined : Math.min(1, Math.max(0, (value - lowRad) / (highRad - lowRad)));
  const offCentre = Math.abs(2 * (place(measured) ?? 0.5) - 1);
  return (
    <tr>
      <th scope="row">{joint.name}</th>
      <td class="wide">
        <Gauge
          measured={place(measured)}
          sent={place(frame?.joints.sentRad[index])}
          asked={place(frame?.joints.requestedRad[index])}
          isNear={offCentre > NEAR}
        />
      </td>
      <Value value={measured} digits={3} share={offCentre} />
      <Value value={velocity} digits={2} share={Math.abs(velocity ?? 0) / velocityRadPerS} />
      <Value value={effort} digits={2} share={Math.abs(effort ?? 0) / effortNm} />
      {hasTemperature(frame) && (
        <Value value={temperature} digits={0} share={(temperature ?? 0) / (hottestC ?? Infinity)} />
      )}
    </tr>
  );
}

interface ValueProps {
  readonly value: number | null | undefined;
  readonly digits: number;
  /** Of the limit. */
  readonly share: number;
}

function Value({ value, digits, share }: ValueProps): JSX.Element {
  const isNear = share > NEAR;
  return (
    <td class={isNear ? 'figure near' : 'figure'} title={isNear ? 'near its limit' : ''}>
      {isNear && <span aria-label="near its limit">▲</span>}
      {figure(value, digits)}
    </td>
  );
}

interface GaugeProps {
  /** Shares of the range, in [0, 1]. */
  readonly measured: number | undefined;
  readonly sent: number | undefined;
  readonly asked: number | undefined;
  readonly isNear: boolean;
}

function Gauge({ measured, sent, asked, isNear }: GaugeProps): JSX.Element {
  const at = (share: number | undefined): string => `${(100 * (share ?? 0)).toFixed(2)}%`;
  return (
    <svg class={isNear ? 'gauge near' : 'gauge'} aria-hidden="true">
      <rect class="range" x="0" y="7" width="100%" height="4" rx="2" />
      {asked !== undefined && <rect class="asked" x={at(asked)} y="2" width="2" height="14" />}
      {sent !== undefined && <circle class="sent" cx={at(sent)} cy="9" r="6" />}
      {measured !== undefined && <circle class="measured" cx={at(measured)} cy="9" r="4" />}
    </svg>
  );
}

function hasTemperature(frame: FrameMessage | undefined): boolean {
  return (frame?.joints.temperatureC.length ?? 0) > 0;
}
