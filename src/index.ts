/**
 * Public API. What is not named here is private and may change at any time.
 * In the order of the data flow: vocabulary, robot, calibration, sensors, tokens, policy, actions, safety, arm,
 * simulation, teleoperation, runtime, datasets.
 */
export type { JointTarget } from './core/action.ts';
export type { Agent, AgentDecision, Commander, DecisionTrace } from './core/agent.ts';
export { MonotonicClock, NS_PER_MS, NS_PER_S, VirtualClock } from './core/clock.ts';
export type { Clock } from './core/clock.ts';
export { ArmatureError, InvalidFileError, UnknownNameError } from './core/errors.ts';
export type { ErrorDetails } from './core/errors.ts';
export type { ArmState, CameraFrame, Observation, Sampled } from './core/observation.ts';
export { Rng } from './core/rng.ts';
export { PushSource } from './core/source.ts';
export type { SourceListener, StampedSource } from './core/source.ts';

export { listRobots, loadRobot } from './robot/load-robot.ts';
export type { CameraSpec, JointSpec, RobotSpec } from './robot/robot-spec.ts';

export { calibrationProblems } from './calibration/calibration-problems.ts';
export type { Calibration, MotorCalibration } from './calibration/calibration-problems.ts';
export { calibrationPath, loadCalibration } from './calibration/load-calibration.ts';
export type { LoadedCalibration } from './calibration/load-calibration.ts';
export { saveCalibration } from './calibration/save-calibration.ts';

export { ObservationSampler } from './sensors/observation-sampler.ts';
export type { SamplerOptions } from './sensors/observation-sampler.ts';
export { observations } from './sensors/observations.ts';
export type { SensorSources } from './sensors/sensor-sources.ts';

export { createLayout } from './tokens/layout.ts';
export type { Segment, StepLayout } from './tokens/layout.ts';
export { layoutSpecSchema } from './tokens/layout-spec.ts';
export type { LayoutSpec } from './tokens/layout-spec.ts';
export { encodeObservation, TokenEncoder } from './tokens/token-frame.ts';
export type { TokenFrame } from './tokens/token-frame.ts';

export { PolicyEngine } from './policy/engine.ts';
export type { PolicyDecision, PolicyEngineOptions } from './policy/engine.ts';
export { listPolicies, loadPolicy } from './policy/load-policy.ts';
export type { LoadedPolicy } from './policy/load-policy.ts';
export type { ModelManifest } from './policy/model-manifest.ts';

export { decodeActions, encodeAction } from './actions/action-codec.ts';
export type { EncodedAction } from './actions/action-codec.ts';
export { interpolateTarget } from './actions/interpolate.ts';

export { SafetyGate } from './safety/gate.ts';
export type { GateDecision, GateInput, GateState } from './safety/gate.ts';
export { REASONS } from './safety/reasons.ts';
export type { Reason } from './safety/reasons.ts';
export type { SafeCommand } from './safety/safe-command.ts';

export { Actuator } from './actuators/actuator.ts';
export type { ArmDriver, SentCommand } from './drivers/driver.ts';
export { MirrorDriver } from './drivers/mirror/mirror-driver.ts';

export type { GivenInstruction } from './sim/instruction.ts';
export { listTasks, loadTask } from './sim/load-task.ts';
export { Simulation } from './sim/simulation.ts';
export { startEpisode } from './sim/task.ts';
export type { TaskEpisode } from './sim/task.ts';
export type { TaskSpec } from './sim/task-spec.ts';
export { World } from './sim/world.ts';

export { JogAgent } from './teleop/jog/jog-agent.ts';
export type { JogAgentOptions } from './teleop/jog/jog-agent.ts';
export type { JogDevice, JogReading } from './teleop/jog/jog-device.ts';
export type { JogAxes } from './teleop/jog/jog-input.ts';
export type { KeyEvent, KeyListener, KeySource } from './teleop/keyboard/key-source.ts';
export { TerminalKeys } from './teleop/keyboard/terminal-keys.ts';
export type { Kinematics } from './teleop/kinematics.ts';
export type { LeaderMapping } from './teleop/leader/joint-mapping.ts';
export { LeaderAgent } from './teleop/leader/leader-agent.ts';
export type { LeaderOptions } from './teleop/leader/leader-agent.ts';
export { leaderOfSource } from './teleop/leader/leader-source.ts';
export { TakeoverAgent } from './teleop/takeover-agent.ts';
export type { TeleopListener, TeleopStatus, Teleoperator } from './teleop/teleoperator.ts';

export { LockstepDecider, RealTimeDecider } from './runtime/decider.ts';
export type { Decider } from './runtime/decider.ts';
export { DemonstrationAgent } from './runtime/demonstration-agent.ts';
export type { DemonstrationFrame } from './runtime/demonstration-agent.ts';
export { EpisodeRecorder } from './runtime/episode-recorder.ts';
export { recordingFeatures } from './runtime/recording/recorded-features.ts';
export type { EpisodeResult, Outcome } from './runtime/episode-result.ts';
export { GatoAgent } from './runtime/gato-agent.ts';
export type { GatoAgentOptions } from './runtime/gato-agent.ts';
export { endlessTask, runEpisode } from './runtime/loop.ts';
export type { EpisodeOptions, TaskMonitor } from './runtime/loop.ts';
export { LockstepPacer, RealTimePacer, TimerSleeper } from './runtime/pacer.ts';
export type { Pacer } from './runtime/pacer.ts';
export { planSession, PolicySession } from './runtime/policy-session.ts';
export type { SessionEpisode, SessionOptions, SessionPlan } from './runtime/policy-session.ts';
export { SimulatedTask } from './runtime/simulated-task.ts';
export type { SimulatedRunOptions } from './runtime/simulated-task.ts';
export type { EpisodeRun, RunMode, Workplace, WorkOptions } from './runtime/workplace.ts';
export { ArmWorkplace } from './runtime/arm-workplace.ts';
export type { ArmWorkplaceOptions } from './runtime/arm-workplace.ts';
export { loadKinematics } from './runtime/load-kinematics.ts';
export type { StepListener, StepRecord } from './runtime/step-listener.ts';
export { openTeleoperator } from './runtime/teleop-table.ts';
export type { TeleopOptions } from './runtime/teleop-table.ts';
export { resolveTask } from './runtime/task-request.ts';
export type { TaskRequest } from './runtime/task-request.ts';

export { DatasetReader } from './record/dataset-reader.ts';
export type { EpisodeData } from './record/dataset-reader.ts';
export { DatasetWriter } from './record/dataset-writer.ts';
export type { DatasetOptions, SavedEpisode } from './record/dataset-writer.ts';
export type { Episode, EpisodeFrames } from './record/episode-input.ts';
export type { Features, FeatureSpec } from './record/format.ts';
export { decodePng, encodePng } from './record/png.ts';
export { recoverDataset } from './record/recover-dataset.ts';
export type { DatasetProblem } from './record/verify/problem.ts';
export { repairDataset } from './record/verify/repair-dataset.ts';
export type { Repair } from './record/verify/repair-dataset.ts';
export { verifyDataset } from './record/verify/verify-dataset.ts';
export type { Verification, VerifyOptions } from './record/verify/verify-dataset.ts';
