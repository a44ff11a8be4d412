// A program with asterisk-manager: it follows a call that it originated.
const ami = new require('asterisk-manager')(5038, process.argv[2], 'admin', 'claveadmin', true);
const seen = [];
ami.on('newexten', (e) => {
  if (e.extension === '999' && !seen.includes(e.application)) seen.push(e.application);
});
ami.on('hangup', (e) => {
  if (!e.channel.endsWith(';2')) return;
  console.log('hangup', e['cause-txt']);
  console.log('applications', seen.join(' '));
  ami.action({ action: 'logoff' }, (err, res) => {
    console.log('logoff', (err || res).response);
    process.exit(0);
  });
});
ami.action({ action: 'ping' }, (err, res) => {
  console.log('ping', res.response, res.ping);
  ami.action({ action: 'command', command: 'core show uptime seconds' }, (err, res) => {
    console.log('command', res.response);
    ami.action({
      action: 'originate', channel: 'Local/999@office/n', application: 'Wait', data: 1, async: true, variable: { A: '1', B: '2' },
    }, (err, res) => console.log('originate', res.response));
  });
});
setTimeout(() => { console.log('nothing more came'); process.exit(1); }, 20000);
