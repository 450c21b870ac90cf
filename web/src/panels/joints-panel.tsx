import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { FrameMessage, HelloMessage } from '../../../src/serve/messages.ts';
import { Curves } from '../curves.tsx';
import { jointLoad, levelOf } from '../joint-load.ts';
import { useNews } from '../use-news.ts';
import type { ViewSource } from '../view-source.ts';
import { figure } from '../words.ts';

/** Each joint between its limits: asked for, sent and measured. */
export function JointsPanel({ source }: { readonly source: ViewSource }): JSX.Element {
  useNews(source, ['hello', 'frame'], 100);
  const { hello, frame, history } = source;
  const [shown, setShown] = useState(0);
  const samples = history.joints[shown] ?? [];
  return (
    <section class="joints" aria-labelledby="joints-title">
      <h2 id="joints-title">Joints</h2>
      <table>
        <JointsHead frame={frame} />
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
        name={`${hello?.joints[shown]?.name ?? 'joint'} over time, rad: measured and sent`}
        timesS={history.timesS}
        isFromZero={false}
        height={210}
        curves={[
          { label: 'measured', values: samples.map(({ measuredRad }) => measuredRad) },
          { label: 'sent', values: samples.map(({ sentRad }) => sentRad) },
        ]}
      />
    </section>
  );
}

function JointsHead({ frame }: { readonly frame: FrameMessage | undefined }): JSX.Element {
  return (
    <thead>
      <tr>
        <th scope="col">joint</th>
        <th scope="col" class="wide">
          between its limits
        </th>
        <th scope="col" class="detail">
          <span class="key asked">asked</span>
        </th>
        <th scope="col" class="detail">
          <span class="key ghost">sent</span>
        </th>
        <th scope="col">
          <span class="key solid">measured</span>
        </th>
        <th scope="col">rad/s</th>
        <th scope="col">Nm</th>
        {hasTemperature(frame) && <th scope="col">°C</th>}
      </tr>
    </thead>
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
  const values = frame?.joints;
  const [asked, sent] = [values?.requestedRad[index], values?.sentRad[index]];
  const measured = values?.measuredRad[index];
  const load = frame === undefined ? undefined : jointLoad(joint, index, frame, hottestC);
  return (
    <tr>
      <th scope="row">{joint.name}</th>
      <Range joint={joint} asked={asked} sent={sent} measured={measured} share={load?.position} />
      <td class="figure detail">{figure(asked, 3)}</td>
      <td class="figure detail">{figure(sent, 3)}</td>
      <Value
        value={measured}
        digits={3}
        share={load?.position}
        limit={`${figure(lowRad, 2)} to ${figure(highRad, 2)}`}
      />
      <Value
        value={values?.velocityRadPerS[index]}
        digits={2}
        share={load?.velocity}
        limit={`± ${figure(velocityRadPerS, 2)}`}
      />
      <Value value={values?.effortNm[index]} digits={2} share={load?.effort} limit={`± ${figure(effortNm, 2)}`} />
      {hasTemperature(frame) && (
        <Value value={values?.temperatureC[index]} digits={0} share={load?.temperature} limit={figure(hottestC, 0)} />
      )}
    </tr>
  );
}

interface RangeProps {
  readonly joint: HelloMessage['joints'][number];
  /** Positions, rad. */
  readonly asked: number | null | undefined;
  readonly sent: number | null | undefined;
  readonly measured: number | null | undefined;
  /** How near the joint is to either end: 0 in the middle, 1 at an end. */
  readonly share: number | undefined;
}

/** Where a joint is between its limits: told at a glance, as the figures beside it are not. */
function Range({ joint: { lowRad, highRad }, asked, sent, measured, share = 0 }: RangeProps): JSX.Element {
  const place = (value: number | null | undefined): number | undefined =>
    value === null || value === undefined ? undefined : Math.min(1, Math.max(0, (value - lowRad) / (highRad - lowRad)));
  return (
    <td class="wide">
      <span class="range">
        <small>{figure(lowRad, 1)}</small>
        <Gauge measured={place(measured)} sent={place(sent)} asked={place(asked)} isNear={levelOf(share) !== 'free'} />
        <small>{figure(highRad, 1)}</small>
      </span>
    </td>
  );
}

interface ValueProps {
  readonly value: number | null | undefined;
  readonly digits: number;
  /** Of the limit. */
  readonly share: number | undefined;
  readonly limit: string;
}

function Value({ value, digits, share = 0, limit }: ValueProps): JSX.Element {
  const isNear = levelOf(share) !== 'free';
  return (
    <td class={isNear ? 'figure near' : 'figure'} title={`limit ${limit}`}>
      {isNear && (
        <span role="img" aria-label="near its limit">
          ▲
        </span>
      )}
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
      {asked !== undefined && <rect class="asked" x={at(asked)} y="1" width="2.5" height="16" />}
      {sent !== undefined && <circle class="sent" cx={at(sent)} cy="9" r="6" />}
      {measured !== undefined && <circle class="measured" cx={at(measured)} cy="9" r="4" />}
    </svg>
  );
}

function hasTemperature(frame: FrameMessage | undefined): boolean {
  return (frame?.joints.temperatureC.length ?? 0) > 0;
}
