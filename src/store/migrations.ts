// The schema, one entry a version, applied in order and never edited once released. Times are epoch milliseconds unless
// the name says nano; documents are JSON in the API's own spelling.

export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE layers (
    chain_id   TEXT PRIMARY KEY,
    diff_id    TEXT NOT NULL,
    parent     TEXT REFERENCES layers (chain_id),
    cache_id   TEXT NOT NULL UNIQUE,
    driver     TEXT NOT NULL,
    size       INTEGER NOT NULL,
    synced     INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX layers_parent ON layers (parent);
  CREATE INDEX layers_diff ON layers (diff_id);

  -- What a registry's blob unpacks to, so that a layer we have is not fetched again, and can be pushed by mounting.
  CREATE TABLE blobs (
    digest     TEXT NOT NULL,
    diff_id    TEXT NOT NULL,
    repository TEXT NOT NULL,
    size       INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (digest, repository)
  ) STRICT;
  CREATE INDEX blobs_diff ON blobs (diff_id);

  CREATE TABLE images (
    id         TEXT PRIMARY KEY,
    config     BLOB NOT NULL,
    chain_id   TEXT REFERENCES layers (chain_id),
    parent     TEXT,
    created_at INTEGER NOT NULL,
    tagged_at  INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX images_chain ON images (chain_id);

  -- name: docker.io/library/busybox:latest or docker.io/library/busybox@sha256:...
  CREATE TABLE image_names (
    name     TEXT PRIMARY KEY,
    image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX image_names_image ON image_names (image_id);

  CREATE TABLE containers (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    image_id   TEXT NOT NULL,
    state      TEXT NOT NULL,
    document   TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE container_layers (
    container_id TEXT PRIMARY KEY,
    chain_id     TEXT REFERENCES layers (chain_id),
    cache_id     TEXT NOT NULL UNIQUE,
    driver       TEXT NOT NULL
  ) STRICT;
  CREATE INDEX container_layers_chain ON container_layers (chain_id);

  CREATE TABLE networks (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    driver     TEXT NOT NULL,
    document   TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE addresses (
    network_id TEXT NOT NULL,
    address    TEXT NOT NULL,
    owner      TEXT NOT NULL,
    PRIMARY KEY (network_id, address)
  ) STRICT;
  CREATE INDEX addresses_owner ON addresses (owner);

  CREATE TABLE events (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    time_nano INTEGER NOT NULL,
    document  TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_time ON events (time_nano);

  -- Host side effects with their inverse (DESIGN.md, idea 3). owner: a container id, or 'daemon'.
  CREATE TABLE ledger (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    owner      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    undo       TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX ledger_owner ON ledger (owner, id);
  `,
  `
  -- The build cache. history: the step's entry of an image's history; inputs: what it was made from, to tell why another
  -- step is not the same. Its layer is needed as long as the row is there.
  CREATE TABLE build_steps (
    key         TEXT PRIMARY KEY,
    history     TEXT NOT NULL,
    diff_id     TEXT,
    chain_id    TEXT REFERENCES layers (chain_id),
    instruction TEXT NOT NULL,
    inputs      TEXT NOT NULL,
    used_at     INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX build_steps_chain ON build_steps (chain_id);
  CREATE INDEX build_steps_instruction ON build_steps (instruction, used_at);
  CREATE INDEX build_steps_used ON build_steps (used_at);
  `,
  `
  -- A row comes before the volume's directory and goes after it. state: making, ready, removing.
  CREATE TABLE volumes (
    name     TEXT PRIMARY KEY,
    driver   TEXT NOT NULL,
    state    TEXT NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- What \`system df\` tells of a step in the build cache. uses: builds that took it, those within a minute counted once.
  ALTER TABLE build_steps ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE build_steps ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;
  UPDATE build_steps SET created_at = used_at;
  `,
];
