CREATE TABLE counters (day INTEGER, name TEXT, count INTEGER, PRIMARY KEY (day, name)) WITHOUT ROWID;
CREATE TABLE publishing (one INTEGER PRIMARY KEY CHECK (one = 1), shard INTEGER, seconds INTEGER, waiting INTEGER DEFAULT 0, at INTEGER, failures INTEGER);
CREATE TABLE reports (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, message TEXT, stack TEXT, url TEXT);
CREATE TABLE records (id TEXT PRIMARY KEY, owner TEXT, workflow TEXT, created_at INTEGER, expires_at INTEGER, cancelled INTEGER) WITHOUT ROWID;
INSERT INTO records VALUES ('cksess_07aa534e1ccd9af367789538008d0bef', 'M3pJ77kUjk1mkXbdIIsn8L_2TGVbaCoW6ZEkh5Ll8iE', 'wf_sandbox', {s-2}, {s+598}, 0);
CREATE INDEX records_by_end ON records (expires_at);
CREATE TABLE places (day INTEGER, owner TEXT, count INTEGER, PRIMARY KEY (day, owner)) WITHOUT ROWID;
CREATE TABLE _cf_METADATA ( key INTEGER PRIMARY KEY, value BLOB );
INSERT INTO _cf_METADATA VALUES (1, {ns+86997577000000});
