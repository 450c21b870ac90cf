/**
 * Nothing moves except through the gate. This asks the ideal "mirror" arm for an impossible jump and
 * prints what the gate makes of it.
 *
 *   npx tsx examples/02-drive-an-arm-through-the-gate.ts
 */
import { Actuator, loadRobot, MirrorDriver, NS_PER_S, SafetyGate } from '../src/index.ts';

const robot = loadRobot('so101');
const periodNs = NS_PER_S / robot.rates.gateHz;
const arm = new MirrorDriver(robot, 0);
await arm.connect();
const actuator = new Actuator(arm);

const gate = new SafetyGate(robot);
gate.arm(arm.read(), 0);

// Far beyond the first joint's limit, at once. The other joints stay at home.
const wishRad = Float64Array.from(robot.homeRad);
wishRad[0] = 10;

for (let tick = 1; tick <= 120; tick += 1) {
  const nowNs = tick * periodNs;
  const target = { positionsRad: wishRad, createdNs: nowNs, observedNs: nowNs };
  arm.publish(nowNs);
  const decision = gate.step({ nowNs, target, measured: { value: arm.read(), ageNs: 0, fresh: true } });
  const { positionsRad } = actuator.send(decision.command);
  if (tick % 20 === 0) {
    const angle = (positionsRad[0] ?? 0).toFixed(3);
    console.log(
      `${(tick * 10).toString().padStart(5)} ms  ${angle} rad  ${decision.state}  ${decision.reasons.join(', ')}`,
    );
  }
}
console.log(`The limit is ${robot.joints[0]?.limits.positionRad[1]} rad.`);

// Without targets the gate brings the arm to a stop, whatever it was doing.
const stop = gate.step({
  nowNs: 121 * periodNs,
  target: undefined,
  measured: { value: arm.read(), ageNs: 0, fresh: true },
});
console.log(`No target: ${stop.state}, because ${stop.reasons.join(', ')}`);
await arm.close();
