/** @type {import('next').NextConfig} */
export default {
  // Deploys the server with only the files that it needs.
  output: 'standalone',
  // Without this, Next.js takes the lockfile of a parent folder for its own.
  outputFileTracingRoot: import.meta.dirname,
};
