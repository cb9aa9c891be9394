export { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
export type { Fault, FaultKind, Faults, WebhookFaults } from './faults.ts';
export type { Switches } from './switches.ts';
export { watchWire, type Exchange, type WireWatcher } from './wire-watch.ts';
