/** Fakes at the lowest seam, for tests of what is built on Armature. Published as "armature/testing". */
export { VirtualClock } from '../core/clock.ts';
export { PushSource } from '../core/source.ts';
export { MirrorDriver } from '../drivers/mirror/mirror-driver.ts';
export { BUS_COMMANDS } from '../emulation/servo-bus/bus-command.ts';
export type { BusCommand } from '../emulation/servo-bus/bus-command.ts';
export type { ServoBusState } from '../emulation/servo-bus/bus-messages.ts';
export { startServoBus } from '../emulation/servo-bus/start-servo-bus.ts';
export type { EmulatedServoBus, ServoBusSpec } from '../emulation/servo-bus/start-servo-bus.ts';
export { FakeSource } from './fake-source.ts';
export { DRIVER_FAULTS, FaultyDriver, wrapDriver } from './faulty-driver.ts';
export type { DriverFault, FaultPlan } from './faulty-driver.ts';
export { makeArmState, makeCameraFrame, makeObservation, makeRobot, makeTarget } from './make.ts';
export { ScriptedAgent } from './scripted-agent.ts';
export type { Script } from './scripted-agent.ts';
