// Reads a feed on standard input with ical.js and prints its events as canonical JSON.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const from = createRequire(pathToFileURL(process.argv[2] + '/'));
const { default: ICAL } = await import(pathToFileURL(from.resolve('ical.js')));
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, 'utf8')));
const stamp = (time) => time.isDate
  ? time.toString()
  : new Date(time.toUnixTime() * 1000).toISOString().replace('.000Z', 'Z');
const events = calendar.getAllSubcomponents('vevent').map((event) => ({
  uid: event.getFirstPropertyValue('uid'),
  start: stamp(event.getFirstPropertyValue('dtstart')),
  end: stamp(event.getFirstPropertyValue('dtend')),
  summary: event.getFirstPropertyValue('summary'),
  status: event.getFirstPropertyValue('status'),
}));
console.log(JSON.stringify(events));
