#!lua flags=allow-oom
-- Note, in a full store too, that the server's log is to be written anew.
redis.call('SET', key('rewrite', 'due'), 1)
