import nock from 'nock';

// Nothing leaves this machine: the database, our own servers and the simulator stay reachable, all else is refused.
nock.disableNetConnect();
nock.enableNetConnect(/^(127\.0\.0\.1|localhost|\[?::1\]?)(:\d+)?$/);
