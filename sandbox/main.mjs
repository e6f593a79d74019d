// Runs the sandbox alone: node sandbox/main.mjs [--port 8788]
import { parseArgs } from 'node:util';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from './openai.mjs';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8788' } } });

try {
  const sandbox = await startSandbox({ port: Number(values.port), deltaDelayMs: 20 });
  console.log(`Sandbox:  ${sandbox.url}`);
  console.log(`API:      ${sandbox.baseUrl}  key ${SANDBOX_KEY}, workflow ${SANDBOX_WORKFLOW}, model gpt-5.2`);
  console.log(`Widget:   ${sandbox.widgetUrl}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => sandbox.close());
} catch (error) {
  const inUse = `Port ${values.port} is in use. Choose another with --port.`;
  console.error(error.code === 'EADDRINUSE' ? inUse : `The sandbox could not start: ${error.message}`);
  process.exitCode = 1;
}
