// A program with asterisk-ami-client: it follows a call that it originated.
const Client = require('asterisk-ami-client');
const client = new Client({ reconnect: false, addTime: true });
const seen = [];
client.connect('admin', 'claveadmin', { host: process.argv[2], port: 5038 }).then(async () => {
  client.on('event', (e) => {
    if (e.Event === 'Newexten' && e.Extension === '999' && !seen.includes(e.Application)) seen.push(e.Application);
    if (e.Event !== 'Hangup' || !e.Channel.endsWith(';2')) return;
    console.log('hangup', e['Cause-txt']);
    console.log('applications', seen.join(' '));
    client.disconnect();
    process.exit(0);
  });
  const ping = await client.action({ Action: 'Ping' }, true);
  console.log('ping', ping.Response, ping.Ping);
  const command = await client.action({ Action: 'Command', Command: 'core show uptime seconds' }, true);
  console.log('command', command.Response);
  const call = await client.action({
    Action: 'Originate', Channel: 'Local/999@office/n', Application: 'Wait', Data: '1', Async: 'true',
  }, true);
  console.log('originate', call.Response);
}).catch((error) => { console.log(String(error)); process.exit(1); });
setTimeout(() => { console.log('nothing more came'); process.exit(1); }, 20000);
