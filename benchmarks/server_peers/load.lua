-- Send every body in its turn and compare each answer with what is known of that body.
--
--     wrk -t64 -c64 -d5s --latency -s load.lua URL -- FILE CONTENT-TYPE KEY THREADS
--
-- FILE holds records: "<bytes of values> <bytes of body>\n<values>\n<body>\n", values parted by commas. KEY is the name
-- of the list of predictions in the answers. A thread takes every THREADS-th record. wrk does not say which request a
-- response belongs to, so a thread must have a single connection: then it is the last one that was sent.

local TOLERANCE = 1e-9
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  checked, wrong, refused, example = 0, 0, 0, ""
  requests, expected, known, current = {}, {}, {}, 0
  pattern = '"' .. args[3] .. '"%s*:%s*%[()'
  read_share(args[1], args[2], tonumber(args[4]))
end

function read_share(path, content_type, share)
  local file = assert(io.open(path, "rb"))
  local index = 0
  for header in file:lines() do
    local values, size = header:match("^(%d+) (%d+)$")
    if index % share == number then
      table.insert(expected, file:read(tonumber(values) + 1))
      local body = file:read(tonumber(size))
      table.insert(requests, wrk.format("POST", nil, headers_for(content_type), body))
    else
      file:seek("cur", tonumber(values) + 1 + tonumber(size))
    end
    file:read(1)
    index = index + 1
  end
  file:close()
end

function headers_for(content_type)
  return { ["Host"] = wrk.headers["Host"], ["Content-Type"] = content_type }
end

function request()
  current = current % #requests + 1
  return requests[current]
end

function response(status, headers, body)
  checked = checked + 1
  if status ~= 200 then
    refused = refused + 1
    note("status " .. status .. ": " .. body:sub(1, 200))
  elseif not is_right(body) then
    wrong = wrong + 1
    note("expected " .. expected[current]:sub(1, 60) .. " got " .. body:sub(1, 200))
  end
end

-- The text that was right last time is right again: it need not be parsed.
function is_right(body)
  local first = body:match(pattern)
  local last = first and body:find("]", first, true)
  if not last then
    return false
  end
  local list = body:sub(first, last - 1)
  if known[current] ~= list then
    if not is_close(list, expected[current]) then
      return false
    end
    known[current] = list
  end
  return true
end

function is_close(list, values)
  local next_value = values:gmatch("[^,%s]+")
  for text in list:gmatch("[^,%s]+") do
    local got, want = tonumber(text), tonumber(next_value())
    if not got or not want or not (math.abs(got - want) <= TOLERANCE * math.abs(want)) then
      return false
    end
  end
  return next_value() == nil
end

function note(text)
  if example == "" then
    example = text:gsub("[^%w%p ]", " "):gsub('[\\"]', "'")
  end
end

function done(summary, latency, rates)
  local counts = { checked = 0, wrong = 0, refused = 0 }
  local first = ""
  for _, thread in ipairs(threads) do
    for name, count in pairs(counts) do
      counts[name] = count + thread:get(name)
    end
    first = first ~= "" and first or thread:get("example")
  end
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  local line = '{"rate": %.3f, "p50_ms": %.4f, "p99_ms": %.4f, "checked": %d, "wrong": %d, "refused": %d, "broken": %d, "example": "%s"}'
  local rate = summary.requests / summary.duration * 1e6
  local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
  print(line:format(rate, p50, p99, counts.checked, counts.wrong, counts.refused, broken, first))
end
