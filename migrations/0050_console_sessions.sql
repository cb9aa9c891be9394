-- Why: whoever works in the console is known by a session that we can end at any moment, not by something the browser
-- alone can vouch for. Of every token only its hash is kept. All times are the wall clock's, also in a sandbox.

create table console_sessions (
  session_id uuid primary key,
  token_hash bytea not null unique,
  subject text not null references operators (subject),
  via text not null constraint console_sessions_via check (via in ('link', 'provider', 'proxy')),
  started_at timestamptz not null,
  -- when the person last proved who he is: what dangerous acts ask for
  authenticated_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_because text
);
create index console_sessions_of_person on console_sessions (subject, started_at);

-- A link that signs one person in, once: how a sandbox lets people in without a provider.
create table console_sign_in_links (
  token_hash bytea primary key,
  subject text not null references operators (subject),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

-- A round trip to the OpenID provider that has not come back yet; the browser holds the other half.
create table console_sign_in_trips (
  browser_hash bytea primary key,
  state text not null,
  nonce text not null,
  code_verifier text not null,
  return_to text not null,
  fresh boolean not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

grant select, insert, update on console_sessions, console_sign_in_links to creditpool_app;
grant select, insert, delete on console_sign_in_trips to creditpool_app;
