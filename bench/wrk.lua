-- wrk -s wrk.lua URL -- FILE [check]
-- FILE holds the headers of every request, an empty line, and then a request on each line: METHOD PATH BODY.
-- With `check` every answer is looked at, which costs too much to be done while it is measured.
local requests, sent = {}, 0

function init(arguments)
  local headers, lines = {}, io.lines(arguments[1])
  for line in lines do
    if line == '' then break end
    local name, value = line:match('^([^:]+): (.*)$')
    headers[name] = value
  end
  for line in lines do
    local method, path, body = line:match('^(%S+) (%S+) ?(.*)$')
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= '' and body or nil)
  end
  good, bad = 0, 0
  if arguments[2] == 'check' then
    response = function(status, _, body)
      if status == 200 and not body:find('"errors"', 1, true) then
        good = good + 1
      else
        bad = bad + 1
        if bad == 1 then io.stderr:write(status .. ' ' .. body:sub(1, 500) .. '\n') end
      end
    end
  end
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    'JSON {"requests":%d,"duration_us":%d,"bytes":%d,"failed":%d,"p50_us":%d,"p99_us":%d,"good":%d,"bad":%d}\n',
    summary.requests, summary.duration, summary.bytes,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout,
    latency:percentile(50), latency:percentile(99), threads[1]:get('good'), threads[1]:get('bad')))
end
