export { type PolicyRule } from './http/access.ts';
export { type Call } from './http/call.ts';
export { Front, type FrontState } from './fronts.ts';
export { startApiServer, type ApiServer, type ApiServerSettings } from './server.ts';
