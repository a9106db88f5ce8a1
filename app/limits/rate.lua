-- Counts one request in a window. KEYS: the window. ARGV: its length in seconds.
local count = redis.pcall('INCR', KEYS[1])
if type(count) == 'table' or count < 1 then
  -- Somebody else's: counted anew.
  redis.call('SET', KEYS[1], 1)
  count = 1
end
if count == 1 or redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
