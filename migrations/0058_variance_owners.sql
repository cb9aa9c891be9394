-- Why: a difference that a person explained carries that person's name, the note and where its evidence is, and until
-- then it has an owner.

alter table variances
  add column owner text,
  add column explained_by text,
  add column explained_at timestamptz,
  add column evidence text;
