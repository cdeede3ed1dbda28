/* SPDX-License-Identifier: MIT
 *
 * Scripts that Redis runs, in Lua 5.1.  Nothing else happens there meanwhile, and nothing is evicted.
 * All have KEYS[1], the clock, and KEYS[2], the stream.  Redis refuses the first thing that they write
 * when it has no memory or is a replica, and nothing after that: so they write all or nothing.  Words in an
 * argument have spaces between.  Numbers leave Lua as text, since it would round or cut them.
 */
#include "config.h"

#include "cache/stream_scripts.h"

/*
 * ARGV: nonce, the number after which, messages at most, bytes at most (about).
 * Gives nonce ("" without a clock), database, number; then three things a message: id, tags, time.
 */
const char stream_script_look[] =
    /* no such field is there; but a replica refuses the attempt, and whoever asked looks for the primary */
    "redis.call('HDEL', KEYS[1], '-')\n"
    "local clock = redis.call('HMGET', KEYS[1], 'nonce', 'database', 'number')\n"
    "local out = {clock[1] or '', clock[2] or '', clock[3] or ''}\n"
    "if clock[1] ~= ARGV[1] or clock[3] == ARGV[2] then return out end\n"
    /* ids are NUMBER-0, so NUMBER-1 comes before the next one; in pieces, as each may be large */
    "local from, count, bytes = ARGV[2] .. '-1', 0, 0\n"
    "while true do\n"
    "  local messages = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', 16)\n"
    "  for _, message in ipairs(messages) do\n"
    "    local id, fields = message[1], message[2]\n"
    "    out[#out + 1] = id\n"
    "    out[#out + 1] = fields[2] or ''\n"
    "    out[#out + 1] = fields[4] or ''\n"
    "    count, bytes = count + 1, bytes + #(fields[2] or '')\n"
    "    if count >= tonumber(ARGV[3]) or bytes >= tonumber(ARGV[4]) then return out end\n"
    "    from = (string.match(id, '^%d+') or '') .. '-1'\n"
    "  end\n"
    "  if #messages < 16 then return out end\n"
    "end\n";

/* ARGV: nonce, database.  Objects of the nonce before are found no more, and expire. */
const char stream_script_claim[] =
    "redis.call('DEL', KEYS[2])\n"
    "redis.call('DEL', KEYS[1])\n"
    "redis.call('HSET', KEYS[1], 'nonce', ARGV[1], 'number', '0', 'database', ARGV[2])\n"
    "return 1\n";

/*
 * ARGV: nonce, tags, time, the clock's fields that are stamped, tags whose objects are deleted, what
 * stands before those in their keys, messages that are kept.
 * Gives the message's number, or nothing if that is not the nonce.
 */
const char stream_script_publish[] =
    "if redis.call('HGET', KEYS[1], 'nonce') ~= ARGV[1] then return false end\n"
    "redis.call('HINCRBY', KEYS[1], 'number', 1)\n"
    "local number = redis.call('HGET', KEYS[1], 'number')\n"
    /* Lua's stack bounds how many arguments a call has */
    "local batch = {}\n"
    "for field in string.gmatch(ARGV[4], '%S+') do\n"
    "  batch[#batch + 1] = field\n"
    "  batch[#batch + 1] = number\n"
    "  if #batch >= 1000 then redis.call('HSET', KEYS[1], unpack(batch)) batch = {} end\n"
    "end\n"
    "if #batch > 0 then redis.call('HSET', KEYS[1], unpack(batch)) end\n"
    "batch = {}\n"
    "for tag in string.gmatch(ARGV[5], '%S+') do\n"
    "  batch[#batch + 1] = ARGV[6] .. tag\n"
    "  if #batch >= 1000 then redis.call('DEL', unpack(batch)) batch = {} end\n"
    "end\n"
    "if #batch > 0 then redis.call('DEL', unpack(batch)) end\n"
    "redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[7], number .. '-0', 't', ARGV[2], 'w', ARGV[3], 'n', ARGV[1])\n"
    "return number\n";
