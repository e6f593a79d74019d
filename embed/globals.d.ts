// The Worker puts this constant in front of the bundle; where another server hands it out, it is not there.
declare const CHATKIT_EDGE_CONFIG: import('../public/demo/worker.js').Config | undefined;
