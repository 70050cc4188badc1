import { readFileSync, writeFileSync } from "node:fs"
import { densityPlot, curvePlot, histogramPlot, pairsPlot, renderPng } from "@pushforward/plot"
const rows = readFileSync("/work/main/examples/data/calgary-incidents.csv","utf8").trim().split("\n").slice(1).map(l=>l.split(",").slice(1,3).map(Number))
const lon=rows.map(r=>r[0]!),lat=rows.map(r=>r[1]!)
const lin=(a:number,b:number,n:number)=>Float64Array.from({length:n},(_,i)=>a+(b-a)*i/(n-1))
const nx=220,ny=260
const X=lin(Math.min(...lon)-.01,Math.max(...lon)+.01,nx),Y=lin(Math.min(...lat)-.01,Math.max(...lat)+.01,ny)
const dx=X[1]!-X[0]!,dy=Y[1]!-Y[0]!
const H=new Float64Array(nx*ny)
rows.forEach(([a,b])=>{H[Math.round((b!-Y[0]!)/dy)*nx+Math.round((a!-X[0]!)/dx)]!+=1/rows.length/dx/dy})
const blur=(h:Float64Array,s:number)=>{const R=Math.ceil(4*s),k=Array.from({length:2*R+1},(_,i)=>Math.exp(-((i-R)**2)/2/s/s));const S=k.reduce((a,b)=>a+b);
 const a=new Float64Array(nx*ny),b=new Float64Array(nx*ny)
 for(let j=0;j<ny;j++)for(let i=0;i<nx;i++){let t=0;for(let q=-R;q<=R;q++){const p=i+q;if(p>=0&&p<nx)t+=h[j*nx+p]!*k[q+R]!}a[j*nx+i]=t/S}
 for(let j=0;j<ny;j++)for(let i=0;i<nx;i++){let t=0;for(let q=-R;q<=R;q++){const p=j+q;if(p>=0&&p<ny)t+=a[p*nx+i]!*k[q+R]!}b[j*nx+i]=t/S}
 return b}
const b1=blur(H,2),b2=blur(H,6),V=b1.map((v,i)=>.7*v+.3*b2[i]!)
for(const scale of ["log","sqrt"] as const){
console.time(scale)
const svg=densityPlot({title:"Where traffic incidents happen in Calgary",subtitle:"Density of a masked autoregressive flow fitted to 62,347 incidents, 2016 to 2026",caption:"Contains information licensed under the Open Government Licence – City of Calgary.",labels:{x:"longitude (°)",y:"latitude (°)",density:"probability per square degree"},density:{x:X,y:Y,values:V},points:{x:lon,y:lat},aspect:"lonlat",scale})
console.timeEnd(scale)
writeFileSync(`/tmp/d-${scale}.svg`,svg);console.log(svg.length)
const png=await renderPng(svg,{width:1720}); writeFileSync(`/tmp/d-${scale}.png`,png);console.log(png.length)}
const ep=Array.from({length:60},(_,i)=>i+1)
writeFileSync("/tmp/c.png",await renderPng(curvePlot({title:"Training of MAF on calgary-incidents.csv",subtitle:"best validation at epoch 52",labels:{x:"epoch",y:"negative log-likelihood (nats)"},series:[{name:"train",x:ep,y:ep.map(e=>-5-2*(1-Math.exp(-e/10))+.02*Math.sin(e*7))},{name:"validation",x:ep,y:ep.map(e=>-4.9-1.9*(1-Math.exp(-e/9))+.03*Math.sin(e*5))}]}),{width:1520}))
const g=(s:number)=>{let x=s;return()=>{let t=0;for(let i=0;i<12;i++){x=x*48271%2147483647;t+=x/2147483647}return t-6}}
const r=g(7),vals=Array.from({length:3000},()=>{const z=r();return Math.exp(.5*z)})
const hx=lin(.02,6,300)
writeFileSync("/tmp/h.png",await renderPng(histogramPlot({title:"Waiting times",labels:{x:"minutes",density:"probability per minute"},values:vals,density:{x:hx,y:hx.map(v=>Math.exp(-(Math.log(v)**2)/.5)/v/.5/Math.sqrt(2*Math.PI))}}),{width:1520}))
for(const D of [3,6]){
const mk=(n:number,seed:number)=>{const q=g(seed);const v=new Float64Array(n*D);for(let i=0;i<n;i++){const z=q();for(let j=0;j<D;j++)v[i*D+j]=j===0?z*1000:j===1?z*z+.3*q():Math.sin(z*j)+.4*q()}return {columns:["pressure_hPa","flow","temp","wind_speed","humidity","x6"].slice(0,D),rows:n,values:v}}
const s=pairsPlot({title:"Sensor rows and samples of the model",subtitle:"3,000 of each",data:mk(3000,3),samples:mk(3000,11)});console.log(s.length)
writeFileSync(`/tmp/p${D}.png`,await renderPng(s,{width:1800}))}
