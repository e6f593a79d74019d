/** @type {import('next').NextConfig} */
export default {
  // What is deployed: the server with only the files that it needs.
  output: 'standalone',
  // The lockfile of the project above is another project's.
  outputFileTracingRoot: import.meta.dirname,
};
