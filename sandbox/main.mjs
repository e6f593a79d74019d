// Runs the sandbox alone: node sandbox/main.mjs [--port 8788]
import { parseArgs } from 'node:util';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from './openai.mjs';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8788' } } });

try {
  const sandbox = await startSandbox({ port: Number(values.port) });
  console.log(`Sandbox:  ${sandbox.url}`);
  console.log(`API:      ${sandbox.baseUrl}  key ${SANDBOX_KEY}, workflow ${SANDBOX_WORKFLOW}`);
  console.log(`Widget:   ${sandbox.widgetUrl}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => sandbox.close());
} catch (error) {
  const taken = error.code === 'EADDRINUSE';
  console.error(taken ? `Port ${values.port} is in use; choose another with --port.` : `The sandbox could not start: ${error.message}`);
  process.exitCode = 1;
}
