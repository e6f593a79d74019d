CREATE TABLE counters (day INTEGER, name TEXT, count INTEGER, PRIMARY KEY (day, name)) WITHOUT ROWID;
CREATE TABLE publishing (one INTEGER PRIMARY KEY CHECK (one = 1), shard INTEGER, seconds INTEGER, waiting INTEGER DEFAULT 0, at INTEGER, failures INTEGER);
CREATE TABLE reports (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, message TEXT, stack TEXT, url TEXT);
CREATE TABLE records (id TEXT PRIMARY KEY, owner TEXT, workflow TEXT, created_at INTEGER, expires_at INTEGER, cancelled INTEGER) WITHOUT ROWID;
INSERT INTO records VALUES ('cksess_ccd2c9a14c2cc2ff42ff9926ef7cedcc', 'CSCBFAtne0Xb6YOy8NSuAln_KUW_qC-Zb9f2ysaRaGI', 'wf_sandbox', {s-1}, {s+599}, 0);
CREATE INDEX records_by_end ON records (expires_at);
CREATE TABLE places (day INTEGER, owner TEXT, count INTEGER, PRIMARY KEY (day, owner)) WITHOUT ROWID;
CREATE TABLE _cf_METADATA ( key INTEGER PRIMARY KEY, value BLOB );
INSERT INTO _cf_METADATA VALUES (1, {ns+86998513000000});
