export { type Grant, type PolicyRule, type User } from './http/access.ts';
export { type Call, type Verb } from './http/call.ts';
export { type Count, type Counts } from './counts.ts';
export { type Faults, type Which } from './faults.ts';
export { Front, type FrontState } from './fronts.ts';
export { startApiServer, type ApiServer, type ApiServerSettings } from './server.ts';
