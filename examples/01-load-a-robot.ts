/**
 * A robot is data. Loading it validates everything: a joint without a limit does not load.
 *
 *   npx tsx examples/01-load-a-robot.ts
 */
import { ArmatureError, loadRobot } from '../src/index.ts';

const robot = loadRobot('so101');
console.log(`${robot.name}: ${robot.description}`);
for (const { name, limits } of robot.joints) {
  const [low, high] = limits.positionRad;
  console.log(
    `  ${name.padEnd(14)} ${low.toFixed(2)} to ${high.toFixed(2)} rad, at most ${limits.velocityRadPerS} rad/s`,
  );
}

try {
  loadRobot('so102');
} catch (error) {
  if (!(error instanceof ArmatureError)) throw error;
  console.log(`\nErrors say what to do:\n  ${error.message}`);
}
