// A menu by ding-dong. The module lies in node_modules beside it, or where NODE_PATH says.
const AGIServer = require('ding-dong');

async function menu(context) {
  const call = await context.onEvent('variables');
  const said = {};
  said.CALLER = call.agi_callerid + ' ' + call.agi_calleridname;
  said.ARGUMENT = call.agi_arg_1 + '/' + call.agi_network_script;
  said.ANSWER = (await context.answer()).result;
  said.STREAM = (await context.streamFile('beep')).result.split(' ')[0];
  said.KEY = String.fromCharCode((await context.waitForDigit(20000)).result);
  said.DIGITS = (await context.getData('beep', 20000, 3)).result;
  await context.setVariable('COLOUR', 'dark blue');
  said.COLOUR = (await context.getVariable('COLOUR')).value;
  said.FULL = (await context.getFullVariable('${COLOUR:5}${LEN(abc)}')).value;
  await context.databasePut('node', 'key', 'value');
  said.STORED = (await context.databaseGet('node', 'key')).value;
  said.GONE = (await context.databaseDel('node', 'key')).result + ((await context.databaseGet('node', 'key')).value || '');
  said.SAY = (await context.sayDigits('12', '#')).result;
  said.EXEC = (await context.exec('Set', 'DONE=yes')).result;
  said.STATE = (await context.channelStatus(call.agi_channel)).result;
  for (const [name, value] of Object.entries(said)) await context.setVariable('SAID_' + name, value);
  await context.end();
}

new AGIServer((context) => menu(context).catch(console.error)).start(Number(process.argv[2]), '127.0.0.1');
