// Live: the page asks for the next stretch of virtual time, and gets what happened in it.

function httpChannel() { throw new Error("not there yet"); }
function modelChannel() { throw new Error("not there yet"); }
async function startLive() { throw new Error("not there yet"); }
