// The Worker puts this constant in front of the bundle. It is missing if another server hosts the file.
declare const CHATKIT_EDGE_CONFIG: import('../public/demo/worker.js').Config | undefined;
