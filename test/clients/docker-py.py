# What a Python program does with Docker, through docker-py: every step prints what it saw as one line of JSON.
import io
import json
import sys
import tarfile
import threading

import docker
from docker.types import Healthcheck, LogConfig, Mount, Ulimit

client = docker.from_env()


def say(step, value):
    print(json.dumps({"step": step, "value": value}, sort_keys=True), flush=True)


def failure(step, action):
    try:
        say(step, {"succeeded": str(action())})
    except docker.errors.ContainerError as error:
        say(step, {"error": "ContainerError", "code": error.exit_status, "said": error.stderr.decode()})
    except docker.errors.APIError as error:
        say(step, {"error": type(error).__name__, "status": error.status_code, "said": error.explanation})


def archive(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o640
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


# The engine
say("ping", client.ping())
version = client.version()
say("version", {key: version[key] for key in ("Os", "Arch")})
info = client.info()
say("info", {key: info[key] for key in ("OSType", "Containers", "Images", "NCPU", "MemTotal", "LoggingDriver", "IndexServerAddress")})
say("swarm", info["Swarm"]["LocalNodeState"])

# Images
built, log = client.images.build(
    fileobj=io.BytesIO(b"FROM busybox\nARG WHO\nLABEL made=here\nENV WHO=$WHO\nCMD [\"sh\", \"-c\", \"echo $WHO\"]\n"),
    tag="py/built:1",
    buildargs={"WHO": "python"},
    rm=True,
)
say("build", [line["stream"].strip() for line in log if line.get("stream", "").strip()])
say("built", {"tags": built.tags, "labels": built.labels})
say("tag", built.tag("py/other", tag="2"))
built.reload()
say("tags", sorted(built.tags))
say("history", [entry["CreatedBy"] for entry in built.history()][:4])
say("list", sorted(tag for image in client.images.list(filters={"label": "made=here"}) for tag in image.tags))
saved = b"".join(built.save(named=True))
client.images.remove("py/other:2")
client.images.remove("py/built:1")
say("load", [image.tags for image in client.images.load(saved)])
failure("no image", lambda: client.images.get("py/nosuch"))
failure("remove no image", lambda: client.api.remove_image("py/nosuch"))
try:
    client.images.build(fileobj=io.BytesIO(b"FROM busybox\nRUN exit 9\n"))
except docker.errors.BuildError as error:
    say("build error", error.msg)

# Containers
say("run", client.containers.run("py/built:1", remove=True).decode())
say("run with stderr", client.containers.run("busybox", ["sh", "-c", "echo o; echo e >&2"], stdout=False, stderr=True, remove=True).decode())
failure("run that fails", lambda: client.containers.run("busybox", ["sh", "-c", "echo gone >&2; exit 4"], remove=True))
failure("run nothing", lambda: client.containers.run("busybox", "nosuch-program", remove=True))
failure("run no image", lambda: client.api.create_container("py/nosuch", "true"))

network = client.networks.create("py-net", driver="bridge", labels={"a": "b"}, internal=True)
volume = client.volumes.create("py-vol", labels={"c": "d"})
web = client.containers.run(
    "busybox",
    ["sh", "-c", "echo started; echo content > /data/file; exec httpd -f -p 8000 -h /data"],
    name="py-web",
    detach=True,
    init=True,
    environment={"ONE": "1", "TWO": "2"},
    labels=["l1", "l2"],
    ports={"8000/tcp": ("127.0.0.1", None)},
    mounts=[Mount("/data", "py-vol")],
    tmpfs={"/scratch": "size=1m"},
    ulimits=[Ulimit(name="nofile", soft=500, hard=600)],
    mem_limit="64m",
    cap_drop=["NET_RAW"],
    hostname="pyhost",
    user="root",
    working_dir="/data",
    restart_policy={"Name": "on-failure", "MaximumRetryCount": 2},
    healthcheck=Healthcheck(test=["CMD", "wget", "-qO-", "http://127.0.0.1:8000/file"], interval=500000000, retries=20),
    log_config=LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m"}),
    extra_hosts={"gate": "192.0.2.1"},
    dns=["192.0.2.53"],
    sysctls={"net.ipv4.ip_unprivileged_port_start": "0"},
)
network.connect(web, aliases=["site"])
for event in client.events(decode=True, filters={"container": "py-web", "event": "health_status: healthy"}, since=0):
    say("event", {key: event[key] for key in ("Type", "Action", "status")})
    break
web.reload()
say("state", {"status": web.status, "health": web.attrs["State"]["Health"]["Status"], "ports": sorted(web.ports)})
say("aliases", sorted(a for a in web.attrs["NetworkSettings"]["Networks"]["py-net"]["Aliases"] if a == "site"))
say("host config", {k: web.attrs["HostConfig"][k] for k in ("Memory", "CapDrop", "Ulimits", "RestartPolicy", "Tmpfs", "Init", "ExtraHosts", "Dns", "Sysctls", "LogConfig")})
say("exec", [web.exec_run(["sh", "-c", "echo $ONE; pwd; hostname; echo bad >&2; exit 5"], demux=True).exit_code])
say("exec demux", [part.decode() for part in web.exec_run(["sh", "-c", "echo $ONE; pwd; hostname; echo bad >&2"], demux=True).output])
say("exec as", web.exec_run("id -u", user="33", environment={"X": "y"}).output.decode())
say("exec stream", b"".join(web.exec_run(["sh", "-c", "for i in 1 2 3; do echo $i; done"], stream=True).output).decode())
failure("exec nothing", lambda: web.exec_run("nosuch-program").output.decode())
say("logs", web.logs().decode())
say("logs tail", web.logs(tail=1, timestamps=False, stderr=False).decode())
say("put", web.put_archive("/data", archive({"sent": b"from python"})))
say("sent", web.exec_run("cat /data/sent").output.decode())
stream, stat = web.get_archive("/data/sent")
with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
    say("got", [(member.name, member.size, oct(member.mode)) for member in tar] + [stat["name"], stat["size"]])
failure("get nothing", lambda: web.get_archive("/data/nosuch"))
say("diff", sorted(change["Path"] for change in web.diff() or [] if change["Path"].startswith("/nosuch")))
say("top", [web.top()["Titles"], len(web.top(ps_args="-o pid,comm")["Processes"]) > 0])
stats = web.stats(stream=False)
say("stats shape", sorted(stats))
say("stats", [stats["memory_stats"]["limit"], stats["name"]])
web.update(mem_limit="80m", memswap_limit="160m")
web.reload()
say("update", web.attrs["HostConfig"]["Memory"])
web.pause()
web.reload()
say("paused", web.status)
failure("exec in a paused one", lambda: web.exec_run("true").exit_code)
web.unpause()
web.rename("py-renamed")
web.reload()
say("renamed", web.name)
say("inside the network", client.containers.run("busybox", "wget -qO- http://site:8000/file", network="py-net", remove=True).decode())
web.restart(timeout=1)
web.kill(signal="TERM")
say("wait", web.wait(timeout=30)["StatusCode"])
failure("kill a dead one", lambda: web.kill())
say("commit", web.commit("py/committed", tag="x", message="m", author="a", changes=["ENV THREE=3"]).tags)
say("committed", client.containers.run("py/committed:x", ["sh", "-c", "echo $ONE $THREE"], remove=True).decode())

attached = client.containers.create("busybox", "cat", stdin_open=True, name="py-cat")
socket = attached.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
attached.start()
socket._sock.sendall(b"over the socket\n")
socket._sock.shutdown(1)
attached.wait(timeout=30)
say("attached", attached.logs().decode())
seen = []
follower = threading.Thread(target=lambda: seen.extend(client.containers.run("busybox", ["sh", "-c", "for i in 1 2 3; do echo $i; done"], stream=True, detach=False)))
follower.start()
follower.join()
say("stream", b"".join(seen).decode())

# Lists, and the end
say("ps", sorted(c.name for c in client.containers.list(all=True, filters={"name": "py-"})))
say("exited", sorted(c.name for c in client.containers.list(filters={"status": "exited", "name": "py-"})))
failure("remove a network in use", lambda: network.remove() or volume.remove())
web.remove(v=True, force=True)
attached.remove()
failure("remove a network", lambda: client.networks.get("py-net").remove())
failure("remove a volume", lambda: volume.remove())
say("prune", {"containers": sorted(client.containers.prune()), "volumes": sorted(client.volumes.prune()), "networks": client.networks.prune()})
failure("nothing", lambda: client.containers.get("py-nosuch"))
failure("a bad filter", lambda: client.containers.list(filters={"nosuch": "x"}))
failure("a swarm", lambda: client.services.list())
failure("a plugin", lambda: client.plugins.list())
for tag in ("py/built:1", "py/committed:x"):
    client.images.remove(tag, force=True)
say("images", sorted(tag for image in client.images.list() for tag in image.tags))
sys.exit(0)
